#include "commerce/gateway/http_card_gateway.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <random>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace outboxd::commerce::gateway {
namespace {

using std::chrono::microseconds;

constexpr std::size_t kMostReplyBytes = 16 * 1024;

class Body {
public:
    Body() { writer_.StartObject(); }
    Body& field(const char* name, std::string_view text) {
        writer_.Key(name);
        writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
        return *this;
    }
    Body& field(const char* name, std::int64_t number) {
        writer_.Key(name);
        writer_.Int64(number);
        return *this;
    }
    std::string text() {
        writer_.EndObject();
        return {buffer_.GetString(), buffer_.GetSize()};
    }

private:
    rapidjson::StringBuffer buffer_;
    rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

http::ClientRequest post(std::string path, const std::string& key, std::string body) {
    http::ClientRequest request{
        .method = "POST", .path = std::move(path), .headers = {}, .body = std::move(body)};
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Idempotency-Key", "\"" + key + "\"");
    return request;
}

// RFC 3986, 2.3: what is not unreserved is percent-encoded.
http::ClientRequest get(std::string path, std::string_view key) {
    for (const char c : key) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_' || c == '~';
        path += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return {.method = "GET", .path = std::move(path), .headers = {}, .body = {}};
}

// Between half and one and a half of `middle`: callers that failed together must not come back together.
microseconds jittered(microseconds middle) {
    thread_local std::minstd_rand random{std::random_device{}()};
    return microseconds{
        std::uniform_int_distribution<std::int64_t>{middle.count() / 2, middle.count() * 3 / 2}(random)};
}

http::ClientSettings clientSettings(const HttpCardGatewaySettings& settings) {
    http::ClientSettings client;
    client.endpoint = settings.endpoint;
    client.caFile = settings.caFile;
    client.maxBodyBytes = kMostReplyBytes;
    return client;
}

bool isVisibleAscii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

} // namespace

std::string_view name(Operation operation) {
    switch (operation) {
    case Operation::charge: return "charge";
    case Operation::refund: return "refund";
    case Operation::charge_state: return "charge_state";
    case Operation::refund_state: return "refund_state";
    }
    return "charge";
}

std::string_view name(GatewayAnswer::Outcome outcome) {
    switch (outcome) {
    case GatewayAnswer::Outcome::succeeded: return "succeeded";
    case GatewayAnswer::Outcome::declined: return "declined";
    case GatewayAnswer::Outcome::pending: return "pending";
    case GatewayAnswer::Outcome::not_found: return "not_found";
    case GatewayAnswer::Outcome::unknown: return "unknown";
    }
    return "unknown";
}

struct HttpCardGateway::Try {
    GatewayAnswer answer;
    enum class Then { done, again, again_if_safe } then = Then::done;
};

HttpCardGateway::HttpCardGateway(HttpCardGatewaySettings settings, const core::Clock& clock, Report report,
                                 Pause pause)
    : settings_(std::move(settings)), clock_(clock), report_(std::move(report)), pause_(std::move(pause)),
      client_(clientSettings(settings_), clock), breaker_(settings_.breaker) {
    if (settings_.apiKey.empty() || !isVisibleAscii(settings_.apiKey)) {
        throw core::Error(core::ErrorKind::misconfigured,
                          "the gateway's API key is empty or has a character that no header takes",
                          "put the key alone into gateway.api_key_file");
    }
}

GatewayAnswer HttpCardGateway::charge(const CardCharge& charge) {
    auto body = Body{}
                    .field("key", charge.key)
                    .field("amount", charge.amount.minorUnits())
                    .field("token", charge.token)
                    .field("orderId", charge.order.value)
                    .text();
    return run(Operation::charge, post("/v1/charges", charge.key, std::move(body)),
               {charge.key, charge.amount});
}

GatewayAnswer HttpCardGateway::refund(const CardRefund& refund) {
    auto body = Body{}
                    .field("key", refund.key)
                    .field("chargeKey", refund.paymentKey)
                    .field("amount", refund.amount.minorUnits())
                    .text();
    return run(Operation::refund, post("/v1/refunds", refund.key, std::move(body)),
               {refund.key, refund.amount});
}

GatewayAnswer HttpCardGateway::chargeState(const std::string& key) {
    return run(Operation::charge_state, get("/v1/charges/", key), {key, std::nullopt});
}

GatewayAnswer HttpCardGateway::refundState(const std::string& key) {
    return run(Operation::refund_state, get("/v1/refunds/", key), {key, std::nullopt});
}

GatewayAnswer HttpCardGateway::run(Operation operation, http::ClientRequest request, const Asked& asked) {
    const auto begun = clock_.now();
    int tries = 0;
    GatewayAnswer answer;
    try {
        request.headers.add("Authorization", "Bearer " + settings_.apiKey);
        answer = withRetries(request, asked, tries);
    } catch (const std::exception& error) {
        answer = unknown(error.what());
    }
    if (report_) report_(operation, answer.outcome, tries, clock_.now() - begun);
    return answer;
}

GatewayAnswer HttpCardGateway::withRetries(const http::ClientRequest& request, const Asked& asked,
                                           int& tries) {
    const auto deadline = clock_.now() + settings_.timeout;
    const bool safe = request.method == "GET";
    auto answer = unknown("the gateway has failed too often (circuit breaker open): nothing was sent");
    while (auto permit = breaker_.tryAcquire(clock_.now())) {
        ++tries;
        const auto tried = once(request, asked, deadline, *std::move(permit));
        answer = tried.answer;
        const bool again = tried.then == Try::Then::again || (tried.then == Try::Then::again_if_safe && safe);
        if (!again || tries >= settings_.tries) break;
        const auto pause = jittered(settings_.firstPause * (1 << (tries - 1)));
        if (clock_.now() + pause >= deadline) break;
        pause_(pause);
    }
    return answer;
}

HttpCardGateway::Try HttpCardGateway::once(const http::ClientRequest& request, const Asked& asked,
                                           core::Instant deadline, core::CircuitBreaker::Permit permit) {
    const auto result = client_.call(request, deadline);
    if (const auto* const failed = std::get_if<http::NoReply>(&result)) {
        permit.failed(clock_.now());
        const auto answer = unknown(failed->why);
        if (failed->kind == core::ErrorKind::misconfigured) return {answer, Try::Then::done};
        return {answer,
                failed->sent == http::NoReply::Sent::nothing ? Try::Then::again : Try::Then::again_if_safe};
    }
    const auto reading = readReply(std::get<http::ClientReply>(result), asked);
    if (reading.sound) {
        permit.succeeded(clock_.now());
    } else {
        permit.failed(clock_.now());
    }
    return {reading.answer, reading.busy ? Try::Then::again_if_safe : Try::Then::done};
}

} // namespace outboxd::commerce::gateway
