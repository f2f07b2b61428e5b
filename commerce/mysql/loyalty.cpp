#include "commerce/mysql/loyalty.hpp"

#include "commerce/loyalty_events.hpp"
#include "commerce/mysql/loyalty_check.hpp"
#include "commerce/mysql/processed_events.hpp"
#include "commerce/mysql/transaction.hpp"
#include "sql/loyalty.hpp"

#include <fmt/format.h>

#include <iterator>

namespace outboxd::commerce::mysql {
namespace {

namespace statements = sql::loyalty;

using Events = std::span<const LoyaltyEvent* const>;

UserId userOf(const LoyaltyEvent& event) {
    return std::visit([](const auto& what) { return what.user; }, event.what);
}

PaymentId paymentOf(const LoyaltyEvent& event) {
    return std::visit([](const auto& what) { return what.payment; }, event.what);
}

// In brackets, or empty if there is nothing to do.
template <class Items, class Format> std::string jsonOf(const Items& items, const Format& format) {
    std::string json;
    for (const auto& item : items) json += (json.empty() ? "[" : ",") + format(item);
    return json.empty() ? json : json + "]";
}

std::map<UserId, core::Money> lockAccounts(database::Session& session, Events events) {
    std::set<UserId> users;
    for (const auto* event : events) users.insert(userOf(*event));
    std::map<UserId, core::Money> balances;
    for (const auto& row : session.query(statements::lock_accounts, {jsonOfIds(users)}))
        balances.emplace(row.id<UserId>(0), row.money(1));
    return balances;
}

// The accounts are locked.
std::map<PaymentId, LoyaltyPayment> paymentsOf(database::Session& session, Events events,
                                               const LoyaltyCheck& check) {
    std::map<PaymentId, LoyaltyPayment> payments;
    for (const auto* event : events) payments[paymentOf(*event)].paid = check.paid(paymentOf(*event));
    std::set<PaymentId> ids;
    for (const auto& [id, payment] : payments) ids.insert(id);
    for (const auto& row : session.query(statements::given, {jsonOfIds(ids)}))
        payments.at(row.id<PaymentId>(0)).given = row.money(1);
    for (const auto& row : session.query(statements::booked_refunds, {jsonOfIds(ids)})) {
        payments.at(row.id<PaymentId>(0))
            .refunds.push_back({.refund = row.id<RefundId>(1),
                                .before = row.money(2),
                                .after = row.money(3),
                                .due = row.money(4),
                                .taken = row.money(5)});
    }
    return payments;
}

void changeBalances(database::Session& session, const std::vector<LoyaltyMovement>& movements) {
    std::map<UserId, std::int64_t> changes;
    for (const auto& movement : movements) changes[movement.user] += movement.amount.minorUnits();
    const auto json = jsonOf(changes, [](const auto& change) {
        return fmt::format("[{},{}]", change.first.value, change.second);
    });
    if (!json.empty()) session.execute(statements::change_balances, {json});
}

void addHistory(database::Session& session, const core::Clock& clock,
                const std::vector<LoyaltyMovement>& movements) {
    const auto json = jsonOf(movements, [](const LoyaltyMovement& movement) {
        return fmt::format(R"([{},{},{},"{}","{}"])", movement.user.value, movement.amount.minorUnits(),
                           movement.balance.minorUnits(), name(movement.kind()), movement.reference());
    });
    if (!json.empty()) session.execute(statements::add_history, {clock.today(), json});
}

void bookRefunds(database::Session& session, const std::vector<LoyaltyBooks::BookedRefund>& refunds) {
    const auto json = jsonOf(refunds, [](const LoyaltyBooks::BookedRefund& booked) {
        const auto& refund = booked.refund;
        return fmt::format("[{},{},{},{},{},{},{}]", refund.refund.value, booked.payment.value,
                           booked.user.value, refund.before.minorUnits(), refund.after.minorUnits(),
                           refund.due.minorUnits(), refund.taken.minorUnits());
    });
    if (!json.empty()) session.execute(statements::book_refunds, {json});
}

// In the transaction that remembers the events' ids. Whether there is news of it for the relay.
bool workOff(database::Session& session, const core::Clock& clock, LoyaltyRate rate,
             const LoyaltyCheck& check, Events events) {
    auto balances = lockAccounts(session, events); // whoever works off the same payments waits here
    LoyaltyBooks books(rate, std::move(balances), paymentsOf(session, events, check));
    for (const auto* event : events) books.workOff(*event);
    changeBalances(session, books.movements());
    addHistory(session, clock, books.movements());
    bookRefunds(session, books.refunds());
    std::vector<OutboxEvent> news;
    for (const auto& movement : books.movements()) news.push_back(loyaltyMoved(clock, movement));
    Outbox(session).addAll(news);
    return !news.empty();
}

} // namespace

std::vector<std::optional<std::string>> LoyaltyLedger::add(std::span<const LoyaltyEvent> events) {
    const LoyaltyCheck check(*database_.session(), events);
    std::vector<std::optional<std::string>> refusals;
    std::vector<const LoyaltyEvent*> accepted;
    EventIds ids;
    for (const auto& event : events) {
        refusals.push_back(check.refusal(event));
        if (!refusals.back() && ids.insert(event.id).second) accepted.push_back(&event);
    }
    bool news = false;
    onceEach(database_, kLoyalty, ids, [&](database::Session& session, const EventIds& fresh) {
        std::vector<const LoyaltyEvent*> left;
        for (const auto* event : accepted)
            if (fresh.contains(event->id)) left.push_back(event);
        news = workOff(session, clock_, rate_, check, left);
    });
    if (news && onCommitted_) onCommitted_();
    return refusals;
}

} // namespace outboxd::commerce::mysql
