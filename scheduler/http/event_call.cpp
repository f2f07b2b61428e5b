#include "scheduler/http/event_call.hpp"

#include "platform/core/text.hpp"
#include "platform/http/problem.hpp"
#include "platform/http/trace.hpp"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <ctime>

namespace outboxd::scheduler::http {
namespace {

using std::chrono::seconds;

// No recursion, however deep it is nested; not a byte may follow; and it must be UTF-8.
constexpr unsigned kStrictly = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
constexpr std::size_t kShownBytes = 200;

// Reads and keeps nothing, so that a large payload costs no memory.
struct TopLevel : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, TopLevel> {
    bool Default() { return depth > 0; }
    bool StartObject() { return (++depth, true); }
    bool EndObject(rapidjson::SizeType) { return (--depth, true); }
    bool StartArray() { return Default() && (++depth, true); }
    bool EndArray(rapidjson::SizeType) { return (--depth, true); }
    int depth = 0;
};

bool isJsonObject(const std::string& text) {
    if (text.find('\0') != std::string::npos) return false; // the parser takes it for the end
    rapidjson::StringStream stream(text.c_str());
    rapidjson::Reader reader;
    TopLevel handler;
    return !reader.Parse<kStrictly>(stream, handler).IsError();
}

const std::string* header(const Delivery& event, std::string_view name) {
    const auto found = std::ranges::find(event.headers, name, &std::pair<std::string, std::string>::first);
    return found == event.headers.end() ? nullptr : &found->second;
}

// When it was written. An id of version 7 begins with the milliseconds; others tell no time, and then a header must.
std::optional<core::Timestamp> writtenAt(const Delivery& event) {
    if (const auto* const time = header(event, "ce_time"))
        if (const auto read = core::fromRfc3339(*time)) return read;
    const auto& bytes = event.id->bytes;
    if (bytes[6] >> 4 != 7) return std::nullopt;
    std::int64_t milliseconds = 0;
    for (std::size_t i = 0; i < 6; ++i) milliseconds = milliseconds << 8 | bytes[i];
    return core::Timestamp{std::chrono::milliseconds{milliseconds}};
}

// For people, who may read it on a terminal, and for a column that takes UTF-8 alone.
std::string shown(std::string_view text) {
    auto beginning = core::shortened(text, kShownBytes);
    const bool utf8 = core::isUtf8(beginning);
    for (std::size_t i = 0; i < beginning.size(); ++i) {
        const auto byte = static_cast<unsigned char>(beginning[i]);
        if (byte < 0x20 || byte == 0x7f) beginning[i] = ' ';
        if (byte == '\'') beginning[i] = '"'; // it stands between apostrophes
        if (byte >= 0x80 && !utf8) beginning[i] = '?';
        // U+0080 to U+009F are control characters, too
        if (byte == 0xC2 && utf8 && static_cast<unsigned char>(beginning[i + 1]) < 0xA0)
            beginning.replace(i, 2, "??");
    }
    return beginning;
}

// RFC 9110, 10.2.3: seconds, or a date.
std::optional<seconds> retryAfter(const wire::Headers& headers, core::Timestamp now) {
    const auto value = headers.get("Retry-After");
    if (!value) return std::nullopt;
    const auto bounded = [](std::int64_t count) {
        return seconds{std::clamp<std::int64_t>(count, 0, kLongestPause.count())};
    };
    if (!value->empty() && std::ranges::all_of(*value, [](char c) { return c >= '0' && c <= '9'; })) {
        std::int64_t count = kLongestPause.count(); // stays if there are too many digits
        std::from_chars(value->data(), value->data() + value->size(), count);
        return bounded(count);
    }
    std::tm date{};
    const std::string text{*value};
    const char* const end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
    if (end == nullptr || *end != '\0') return std::nullopt;
    const auto today = std::chrono::duration_cast<seconds>(now.time_since_epoch()).count();
    return bounded(timegm(&date) - today);
}

// Whether a status says something about the event that was sent, and not about who is there or who calls.
bool judgesTheEvent(int status) { return status == 400 || status == 413 || status == 415 || status == 422; }

Reading readReply(const wire::ClientReply& reply, core::Timestamp now) {
    const int status = reply.status;
    if (status >= 200 && status <= 299)
        return {.outcome = CallOutcome::accepted, .reason = {}, .sound = true};
    Reading reading{
        .reason = fmt::format("answered {} {}: '{}'", status, wire::reasonPhrase(status), shown(reply.body))};
    // 409: the IETF draft's answer while a call with the same Idempotency-Key is still being worked off.
    const bool passes = status >= 500 || status == 408 || status == 409 || status == 425;
    reading.outcome = passes          ? CallOutcome::failed
                      : status == 429 ? CallOutcome::throttled
                                      : CallOutcome::refused;
    reading.sound = judgesTheEvent(status);
    if (reading.outcome != CallOutcome::refused) reading.pause = retryAfter(reply.headers, now);
    if (status == 429 && !reading.pause) reading.pause = seconds{1};
    return reading;
}

} // namespace

std::variant<std::string, Untellable> bodyOf(const Delivery& event) {
    if (!event.id) return Untellable{"the header id is missing or no event id"};
    if (!event.payload) return Untellable{"there is no payload"};
    if (!isJsonObject(*event.payload)) return Untellable{"the payload is not a JSON object in UTF-8"};
    if (!core::isUtf8(event.key)) return Untellable{"the key is not UTF-8"};
    if (!core::isUtf8(event.type)) return Untellable{"the type is not UTF-8"};

    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
    const auto text = [&](const char* name, std::string_view value) {
        json.Key(name);
        json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    };
    json.StartObject();
    text("id", event.id->text());
    text("type", event.type);
    if (const auto at = writtenAt(event)) text("timestamp", core::toRfc3339(*at));
    text("key", event.key);
    if (event.sequence) {
        json.Key("sequence");
        json.Int64(*event.sequence);
    }
    json.Key("data");
    json.RawValue(event.payload->data(), event.payload->size(), rapidjson::kObjectType);
    json.EndObject();
    return std::string{buffer.GetString(), buffer.GetSize()};
}

wire::ClientRequest callFor(const Delivery& event, const std::string& path, std::string body,
                            const wire::WebhookSecret& secret, std::chrono::sys_seconds at) {
    const auto id = event.id->text();
    wire::ClientRequest request{
        .method = "POST", .path = path, .headers = wire::webhookHeaders(secret, id, at, body), .body = {}};
    request.body = std::move(body);
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Idempotency-Key", "\"" + id + "\"");
    if (const auto* const trace = header(event, "traceparent");
        trace != nullptr && wire::isTraceparent(*trace))
        request.headers.add("traceparent", *trace);
    return request;
}

std::string_view name(CallOutcome outcome) {
    switch (outcome) {
    case CallOutcome::accepted: return "accepted";
    case CallOutcome::refused: return "refused";
    case CallOutcome::failed: return "failed";
    case CallOutcome::throttled: return "throttled";
    case CallOutcome::unreachable: return "unreachable";
    }
    return "failed";
}

Reading readAnswer(const std::variant<wire::ClientReply, wire::NoReply>& answer, core::Timestamp now) {
    if (const auto* const reply = std::get_if<wire::ClientReply>(&answer)) return readReply(*reply, now);
    const auto& none = std::get<wire::NoReply>(answer);
    return {.outcome =
                none.sent == wire::NoReply::Sent::nothing ? CallOutcome::unreachable : CallOutcome::failed,
            .reason = "no answer: " + shown(none.why)};
}

} // namespace outboxd::scheduler::http
