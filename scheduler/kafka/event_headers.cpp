#include "scheduler/kafka/event_headers.hpp"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>

namespace outboxd::scheduler::kafka {

namespace {

using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

// Told what the parser finds. Anything but one object of strings ends the reading with a reason.
class Handler {
public:
    explicit Handler(Pairs& pairs) : pairs_(pairs) {}

    std::string reason;

    bool StartObject() {
        if (inside_) return notAString();
        return inside_ = true;
    }
    bool Key(const char* text, rapidjson::SizeType size, bool) {
        const std::string_view name(text, size);
        if (name.empty() || name.find('\0') != std::string_view::npos) {
            reason = "a header has an empty or unprintable name";
            return false;
        }
        if (std::any_of(pairs_.begin(), pairs_.end(), [&](const auto& pair) { return pair.first == name; })) {
            reason = fmt::format("header {} is given twice", name);
            return false;
        }
        pairs_.emplace_back(name, std::string_view{});
        return true;
    }
    bool String(const char* text, rapidjson::SizeType size, bool) {
        if (!inside_) return notAString();
        pairs_.back().second = {text, size};
        return true;
    }
    bool EndObject(rapidjson::SizeType) { return true; }
    bool Null() { return notAString(); }
    bool Bool(bool) { return notAString(); }
    bool Int(int) { return notAString(); }
    bool Uint(unsigned) { return notAString(); }
    bool Int64(std::int64_t) { return notAString(); }
    bool Uint64(std::uint64_t) { return notAString(); }
    bool Double(double) { return notAString(); }
    bool RawNumber(const char*, rapidjson::SizeType, bool) { return notAString(); }
    bool StartArray() { return notAString(); }
    bool EndArray(rapidjson::SizeType) { return notAString(); }

private:
    bool notAString() {
        reason = inside_ ? fmt::format("header {} is not a string", pairs_.back().first)
                         : "headers are not a JSON object";
        return false;
    }

    Pairs& pairs_;
    bool inside_ = false;
};

} // namespace

std::string EventHeaders::read(std::string_view json) {
    headers_.clear();
    if (json.empty()) return {};
    if (json.find('\0') != std::string_view::npos) return "headers are not JSON: they hold a zero byte";
    buffer_.assign(json);
    rapidjson::InsituStringStream stream(buffer_.data());
    rapidjson::Reader reader;
    Handler handler(headers_);
    constexpr unsigned flags =
        rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
    const auto result = reader.Parse<flags>(stream, handler);
    if (!result.IsError()) return {};
    headers_.clear();
    if (!handler.reason.empty()) return std::move(handler.reason);
    return fmt::format("headers are not JSON: {} at byte {}", rapidjson::GetParseError_En(result.Code()),
                       result.Offset());
}

const std::string_view* EventHeaders::find(std::string_view name) const {
    const auto found =
        std::find_if(headers_.begin(), headers_.end(), [&](const auto& pair) { return pair.first == name; });
    return found == headers_.end() ? nullptr : &found->second;
}

} // namespace outboxd::scheduler::kafka
