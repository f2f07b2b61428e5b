// Whether what an event says of a payment is what this shop knows of it. Internal to commerce/mysql.
#pragma once

#include "commerce/loyalty.hpp"
#include "platform/database/session.hpp"

#include <map>
#include <set>

namespace outboxd::commerce::mysql {

// Reads what the events name; payments and refunds that were told of never change in what is looked at here.
class LoyaltyCheck {
public:
    LoyaltyCheck(database::Session& session, std::span<const LoyaltyEvent> events);

    // The sentence that refuses the event, or nothing.
    std::optional<std::string> refusal(const LoyaltyEvent& event) const;
    // Of one that is not refused.
    core::Money paid(PaymentId payment) const { return payments_.at(payment).amount; }

private:
    struct Paid {
        OrderId order;
        UserId user;
        core::Money amount;
        bool succeeded = false;
        bool account = false;
    };
    struct Refunded {
        PaymentId payment;
        core::Money amount;
    };
    std::map<PaymentId, Paid> payments_;
    std::map<RefundId, Refunded> refunds_;
};

// "[1,2,3]"
template <class Ids> std::string jsonOfIds(const Ids& ids) {
    std::string json = "[";
    for (const auto& id : ids) json += (json.size() > 1 ? "," : "") + std::to_string(id.value);
    return json + "]";
}

} // namespace outboxd::commerce::mysql
