// What a batch of events does to the points of several accounts: rules without I/O, on books that were read under the locks
// of the accounts.
#pragma once

#include "commerce/loyalty.hpp"

#include <map>
#include <vector>

namespace outboxd::commerce {

// A refund as it was worked off. `due` less `taken` could not be taken, since the account had no more; nobody asks for it
// later.
struct LoyaltyRefund {
    RefundId refund;
    core::Money before; // what had gone back of the payment before it
    core::Money after;  // and with it
    core::Money due = {};
    core::Money taken = {};
};

struct LoyaltyPayment {
    core::Money paid;
    std::optional<core::Money> given;   // points; empty if none were
    std::vector<LoyaltyRefund> refunds; // that were worked off already
};

// One change of an account, with its line in the history and its event.
struct LoyaltyMovement {
    UserId user;
    PaymentId payment;
    OrderId order;
    std::optional<RefundId> refund; // empty: points were given
    core::Money amount;             // signed; 0 if nothing at all could be taken back
    core::Money balance;            // afterwards
    core::Money missing = {};       // of a refund: what could not be taken
    std::optional<std::string> traceparent;

    HistoryKind kind() const { return refund ? HistoryKind::loyalty_back : HistoryKind::loyalty; }
    // "loyalty:9" for a payment, "loyalty-refund:11" for a refund of it.
    std::string reference() const;
};

class LoyaltyBooks {
public:
    // Of every user and payment that the events name.
    LoyaltyBooks(LoyaltyRate rate, std::map<UserId, core::Money> balances,
                 std::map<PaymentId, LoyaltyPayment> payments)
        : rate_(rate), balances_(std::move(balances)), payments_(std::move(payments)) {}

    // Does nothing for a payment that was given its points, and for a refund that was worked off: each counts once, by
    // whatever event it is told. A refund that is told before its payment waits in the books for it. Throws
    // core::Error(invalid_data) if the balance would pass kMostBalance.
    void workOff(const LoyaltyEvent& event);

    struct BookedRefund {
        UserId user;
        PaymentId payment;
        LoyaltyRefund refund;
    };
    const std::vector<LoyaltyMovement>& movements() const { return movements_; } // in their order
    const std::vector<BookedRefund>& refunds() const {
        return refunds_;
    } // new or changed; a later one counts

private:
    void give(const PaymentMade& made, const std::optional<std::string>& traceparent);
    void takeBack(const PaymentTakenBack& back, const std::optional<std::string>& traceparent);
    // Takes what `refund` is due, as far as the account has it.
    void settle(LoyaltyRefund& refund, const LoyaltyPayment& payment, LoyaltyMovement movement);

    const LoyaltyRate rate_;
    std::map<UserId, core::Money> balances_;
    std::map<PaymentId, LoyaltyPayment> payments_;
    std::vector<LoyaltyMovement> movements_;
    std::vector<BookedRefund> refunds_;
};

} // namespace outboxd::commerce
