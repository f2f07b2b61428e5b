#include "commerce/loyalty.hpp"

#include "commerce/event_reader.hpp"
#include "commerce/valid.hpp"

#include <algorithm>

namespace outboxd::commerce {
namespace {

__extension__ using Wide = __int128;

core::Money amountOf(const rapidjson::Value& event, std::string_view name) {
    return core::Money{integer(event, name, 0, kMostBalance.minorUnits())};
}

PaymentMade paymentMade(const rapidjson::Value& event) {
    return {idOf<PaymentId>(event, "paymentId"), idOf<OrderId>(event, "orderId"),
            idOf<UserId>(event, "userId"), amountOf(event, "amount")};
}

PaymentTakenBack takenBack(const rapidjson::Value& event) {
    PaymentTakenBack back{idOf<RefundId>(event, "refundId"), idOf<PaymentId>(event, "paymentId"),
                          idOf<OrderId>(event, "orderId"),   idOf<UserId>(event, "userId"),
                          amountOf(event, "amount"),         amountOf(event, "refundedTotal")};
    if (back.total < back.amount) throw EventFault{"refundedTotal is less than amount"};
    return back;
}

// The points that stay with the payer when so much of the payment went back.
std::int64_t kept(core::Money given, core::Money paid, core::Money refunded) {
    const auto left = std::max<std::int64_t>(paid.minorUnits() - refunded.minorUnits(), 0);
    if (paid.minorUnits() == 0) return 0;
    return static_cast<std::int64_t>(Wide{given.minorUnits()} * left / paid.minorUnits());
}

} // namespace

core::Money LoyaltyRate::of(core::Money paid) const {
    constexpr std::int64_t whole = 100 * 100;
    return core::Money{paid.minorUnits() / whole * hundredths +
                       paid.minorUnits() % whole * hundredths / whole};
}

std::variant<LoyaltyEvent, NotLoyal, Unreadable> readLoyalty(const std::optional<core::EventId>& id,
                                                             std::string_view type,
                                                             const std::optional<std::string>& payload) {
    const bool made = type == "PaymentCompleted";
    if (!made && type != "PaymentRefunded") return NotLoyal{};
    if (!id) return Unreadable{"the header id is missing or no event id"};
    if (!payload) return Unreadable{"there is no payload"};
    try {
        const auto event = readEvent(*payload);
        if (made) return LoyaltyEvent{*id, paymentMade(event)};
        if (!event.HasMember("completedAt")) return NotLoyal{};
        return LoyaltyEvent{*id, takenBack(event)};
    } catch (const EventFault& fault) {
        return Unreadable{fault.reason};
    }
}

core::Money pointsBack(core::Money given, core::Money paid, core::Money before, core::Money after) {
    return core::Money{kept(given, paid, before) - kept(given, paid, after)};
}

} // namespace outboxd::commerce
