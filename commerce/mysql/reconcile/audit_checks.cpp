// The checks of the audit as checks of the reconciliation. Each statement sees one moment, so what it finds is no work in
// progress.
#include "commerce/mysql/reconcile/checks.hpp"
#include "platform/core/error.hpp"
#include "sql/reconcile.hpp"

#include <array>
#include <charconv>

namespace outboxd::commerce::mysql::reconcile {
namespace {

struct Rule {
    std::string_view check;
    Repair repair; // null: a person has to decide
    std::string_view remedy;
};

constexpr std::string_view kWrittenByHand =
    "find out who changed the rows: no repair can know which of them is right";

// Those that others build upon come first.
constexpr std::array kRules{
    Rule{"points_balance", mendBalance, "a repair sets the balance to the sum of the history"},
    Rule{"points_running", mendRunning,
         "a repair sets the sums of the user's history to those of its amounts"},
    Rule{"points_used", nullptr,
         "points were taken for no payment: give them back by a charge, or find the payment"},
    Rule{"points_paid", nullptr,
         "a payment took no points: charge them with the user's consent, or refund the payment"},
    Rule{"points_refunded", nullptr, "points came back for no refund: find out who gave them"},
    Rule{"refunds_of_points", nullptr,
         "a refund gave nothing back: charge the user's account with its amount"},
    Rule{"points_loyal", nullptr, "points were given for no payment of this user: find out who gave them"},
    Rule{"points_loyal_back", nullptr, kWrittenByHand},
    Rule{"loyalty_refunded", nullptr, kWrittenByHand},
    Rule{"loyalty_refund_made", nullptr, kWrittenByHand},
    Rule{"coupon_over_issued", mendOverIssue,
         "a repair invalidates those beyond the total, in the order of issue, unless they are used"},
    Rule{"coupon_claim_winner", mendWinner,
         "a repair sets the claim to ISSUED if its user holds the coupon; the opposite is a person's"},
    Rule{
        "coupon_holder_claimed", nullptr,
        "a coupon was handed out past the queue: find out by whom, and invalidate it if nobody may have done it"},
    Rule{"coupon_counts", mendIssued, "a repair sets issued to the number that are held"},
    Rule{"coupon_within_total", mendIssued, "a repair sets issued to the number that are held"},
    Rule{"coupon_sold_out", nullptr,
         "users were turned away although some are left: tell them, and let them claim another coupon"},
    Rule{"coupon_order", nullptr, "who came first lost: settle it with this user"},
    Rule{"coupon_used", mendUsed, "a repair gives it back if its order has ended"},
    Rule{"order_coupon", nullptr, "a live order names a coupon that is not used: find out who gave it back"},
    Rule{"order_total", nullptr, kWrittenByHand},
    Rule{"payment_refunded", mendRefunded, "a repair sets it to the sum of the refunds that did not fail"},
    Rule{"payment_refunded_state", nullptr,
         "compare the payment with its refunds, and with the gateway's statement"},
    Rule{"order_payment", mendOrderPayment,
         "a repair moves the order to where its payment says it is; what is paid wrongly is a person's"},
    Rule{"cancelled_payment", mendEndedPayment, "a repair refunds it, once"},
    Rule{"order_stock_returned", mendReturned,
         "a repair notes what came back; stock_identity says whether it did"},
    Rule{"order_coupon_returned", mendReturned, "a repair gives the coupon back, and notes it"},
    Rule{"compensation_due", nullptr,
         "something was given back that was not to be: see what stock_identity and coupon_used say"},
    Rule{"compensation_refund", nullptr,
         "what is owed has no refund, or one too many: compare the payment with the gateway's statement"},
    Rule{"refund_compensation", nullptr,
         "a refund that nothing called for: compare the payment with the gateway's statement"},
    Rule{"order_goods_returned", nullptr,
         "other goods are in stock again than came back: count them, and adjust the stock"},
    Rule{"stock_not_negative", mendStock, "a repair moves stock from the other slots"},
    Rule{"stock_identity", mendStock, "a repair sets the stock to what its history says"},
    Rule{"order_events", nullptr, "consumers were told something else than happened: tell them by hand"},
    Rule{"payment_events", nullptr, "consumers were told something else than happened: tell them by hand"},
    Rule{"coupon_events", nullptr, "consumers were told something else than happened: tell them by hand"},
    Rule{"charge_events", nullptr, "consumers were told something else than happened: tell them by hand"},
};

const AuditCheck& auditCheck(std::string_view name) {
    for (const auto& check : auditChecks())
        if (check.name() == name) return check;
    throw core::Error(core::ErrorKind::internal, "the audit has no check " + std::string{name});
}

class AuditBacked final : public Check {
public:
    AuditBacked(const Rule& rule, const Books& books)
        : rule_(rule), check_(auditCheck(rule.check)), books_(books) {}

    std::string_view name() const override { return rule_.check; }
    bool repairs() const override { return rule_.repair != nullptr; }
    std::string_view remedy() const override { return rule_.remedy; }

    void look(Looking& looking) override {
        auto session = books_.looks.session();
        AuditScope scope;
        // What was begun within an hour of the oldest event may have lost its first one to retention.
        if (const auto oldest = session->query(sql::reconcile::oldest_event);
            oldest.empty() || oldest.front().integer(0) > 1)
            scope.eventsSince = (oldest.empty() ? books_.repairs.clock.today() : oldest.front().time(1)) +
                                std::chrono::hours{1};
        audit(
            *session, check_, scope,
            [&](const Violation& found) {
                looking.report({found.subject, found.id, found.expected, found.found});
            },
            [&] { return looking.goOn(); });
    }

    Treated treat(const Finding& finding, int line) override {
        return books_.repairs.mend(rule_.check, finding, line, [&](auto& session, auto& transaction) {
            return rule_.repair(session, transaction, books_, finding);
        });
    }

private:
    const Rule& rule_;
    const AuditCheck& check_;
    const Books books_;
};

} // namespace

std::int64_t numberOf(const Finding& finding) {
    std::int64_t number = 0;
    const auto [end, error] =
        std::from_chars(finding.id.data(), finding.id.data() + finding.id.size(), number);
    if (error != std::errc{})
        throw core::Error(core::ErrorKind::internal, "'" + finding.id + "' names nothing that can be mended");
    return number;
}

void addAuditChecks(Checks& checks, const Books& books) {
    for (const auto& rule : kRules) checks.push_back(std::make_unique<AuditBacked>(rule, books));
}

} // namespace outboxd::commerce::mysql::reconcile
