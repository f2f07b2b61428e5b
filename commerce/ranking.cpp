#include "commerce/ranking.hpp"

#include <rapidjson/document.h>

#include <limits>

#include <span>

namespace outboxd::commerce {
namespace {

constexpr std::int64_t kMostOfALine = 1'000'000'000;

// Thrown inside this file alone: the reading ends at the first fault.
struct Fault {
    std::string reason;
};

const rapidjson::Value& member(const rapidjson::Value& object, std::string_view name) {
    const rapidjson::Value* found = nullptr;
    if (!object.ObjectEmpty()) {
        // RapidJSON's iterators compare ambiguously in C++20; its members lie in one array.
        for (const auto& candidate : std::span(&*object.MemberBegin(), object.MemberCount())) {
            if (std::string_view{candidate.name.GetString(), candidate.name.GetStringLength()} != name)
                continue;
            if (found) throw Fault{std::string{name} + " is given twice"};
            found = &candidate.value;
        }
    }
    if (!found) throw Fault{std::string{name} + " is missing"};
    return *found;
}

std::int64_t integer(const rapidjson::Value& object, std::string_view name, std::int64_t least,
                     std::int64_t most) {
    const auto& value = member(object, name);
    if (!value.IsInt64() || value.GetInt64() < least || value.GetInt64() > most)
        throw Fault{std::string{name} + " is not a whole number within its bounds"};
    return value.GetInt64();
}

core::Timestamp time(const rapidjson::Value& object, std::string_view name) {
    const auto& value = member(object, name);
    const auto read =
        value.IsString() ? core::fromRfc3339({value.GetString(), value.GetStringLength()}) : std::nullopt;
    if (!read) throw Fault{std::string{name} + " is not a time"};
    return *read;
}

std::variant<Sale, NoSale, Unreadable> read(const core::EventId& id, const std::string& payload, bool sold) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(payload.data(),
                                                                                           payload.size());
    if (document.HasParseError() || !document.IsObject()) throw Fault{"the payload is not a JSON object"};
    integer(document, "version", 1, 1);
    // Money went back for an order that was never completed: nothing of it was counted.
    if (!sold && !document.HasMember("completedAt")) return NoSale{};
    Sale sale{id, std::chrono::floor<std::chrono::hours>(time(document, "completedAt")), {}};
    const auto& lines = member(document, "lines");
    if (!lines.IsArray()) throw Fault{"lines is not a list"};
    for (const auto& line : lines.GetArray()) {
        if (!line.IsObject()) throw Fault{"a line is not an object"};
        sale.lines.push_back(
            {ProductId{integer(line, "productId", 1, std::numeric_limits<std::int64_t>::max())},
             (sold ? 1 : -1) * integer(line, "quantity", 1, kMostOfALine)});
    }
    return sale;
}

} // namespace

std::variant<Sale, NoSale, Unreadable> readSale(const std::optional<core::EventId>& id, std::string_view type,
                                                const std::optional<std::string>& payload) {
    const bool sold = type == "PaymentCompleted";
    if (!sold && type != "PaymentRefunded") return NoSale{};
    if (!id) return Unreadable{"the header id is missing or no event id"};
    if (!payload) return Unreadable{"there is no payload"};
    try {
        return read(*id, *payload, sold);
    } catch (const Fault& fault) {
        return Unreadable{fault.reason};
    }
}

HourRange rankedHours(core::Timestamp now) {
    const auto current = std::chrono::floor<std::chrono::hours>(now);
    return {current - std::chrono::hours{72}, current};
}

} // namespace outboxd::commerce
