#include "commerce/ranking.hpp"

#include "commerce/event_reader.hpp"

namespace outboxd::commerce {
namespace {

constexpr std::int64_t kMostOfALine = 1'000'000'000;

std::variant<Sale, NoSale, Unreadable> read(const core::EventId& id, const std::string& payload, bool sold) {
    const auto document = readEvent(payload);
    // Money went back for an order that was never completed: nothing of it was counted.
    if (!sold && !document.HasMember("completedAt")) return NoSale{};
    Sale sale{id, std::chrono::floor<std::chrono::hours>(time(document, "completedAt")), {}};
    const auto& lines = member(document, "lines");
    if (!lines.IsArray()) throw EventFault{"lines is not a list"};
    for (const auto& line : lines.GetArray()) {
        if (!line.IsObject()) throw EventFault{"a line is not an object"};
        sale.lines.push_back({idOf<ProductId>(line, "productId"),
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
    } catch (const EventFault& fault) {
        return Unreadable{fault.reason};
    }
}

HourRange rankedHours(core::Timestamp now) {
    const auto current = std::chrono::floor<std::chrono::hours>(now);
    return {current - std::chrono::hours{72}, current};
}

} // namespace outboxd::commerce
