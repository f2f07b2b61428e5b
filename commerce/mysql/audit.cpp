#include "commerce/mysql/audit.hpp"

#include "sql/audit.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace outboxd::commerce::mysql {
namespace {

namespace statements = sql::audit;

constexpr std::array kChecks{
    AuditCheck{&statements::stock_identity, &statements::next_product},
    AuditCheck{&statements::stock_not_negative, &statements::next_product},
    AuditCheck{&statements::points_balance, &statements::next_account},
    AuditCheck{&statements::points_running, &statements::next_account},
    AuditCheck{&statements::points_used, &statements::next_history},
    AuditCheck{&statements::points_paid, &statements::next_payment},
    AuditCheck{&statements::points_refunded, &statements::next_history},
    AuditCheck{&statements::refunds_of_points, &statements::next_refund},
    AuditCheck{&statements::points_loyal, &statements::next_history},
    AuditCheck{&statements::points_loyal_back, &statements::next_history},
    AuditCheck{&statements::loyalty_refunded, &statements::next_loyalty_refund},
    AuditCheck{&statements::loyalty_refund_made, &statements::next_loyalty_refund},
    AuditCheck{&statements::coupon_counts, &statements::next_coupon},
    AuditCheck{&statements::coupon_over_issued, &statements::next_coupon},
    AuditCheck{&statements::coupon_within_total, &statements::next_coupon},
    AuditCheck{&statements::coupon_claim_winner, &statements::next_claim},
    AuditCheck{&statements::coupon_holder_claimed, &statements::next_user_coupon},
    AuditCheck{&statements::coupon_sold_out, &statements::next_coupon},
    AuditCheck{&statements::coupon_order, &statements::next_coupon},
    AuditCheck{&statements::coupon_used, &statements::next_user_coupon},
    AuditCheck{&statements::order_coupon, &statements::next_order},
    AuditCheck{&statements::order_total, &statements::next_order},
    AuditCheck{&statements::order_payment, &statements::next_order},
    AuditCheck{&statements::cancelled_payment, &statements::next_order},
    AuditCheck{&statements::payment_refunded, &statements::next_payment},
    AuditCheck{&statements::payment_refunded_state, &statements::next_payment},
    AuditCheck{&statements::order_stock_returned, &statements::next_order},
    AuditCheck{&statements::order_coupon_returned, &statements::next_order},
    AuditCheck{&statements::compensation_due, &statements::next_order},
    AuditCheck{&statements::compensation_refund, &statements::next_order},
    AuditCheck{&statements::refund_compensation, &statements::next_refund},
    AuditCheck{&statements::order_goods_returned, &statements::next_order},
    AuditCheck{&statements::order_events, &statements::next_order},
    AuditCheck{&statements::payment_events, &statements::next_order},
    AuditCheck{&statements::coupon_events, &statements::next_coupon},
    AuditCheck{&statements::charge_events, &statements::next_history},
};

// As audit.sql says: pairs of first and last id, and the time since which events are kept if one `?` is left.
std::vector<database::Parameter> parametersOf(const database::Statement& statement, std::int64_t first,
                                              std::int64_t last, core::Timestamp eventsSince) {
    const auto places = std::count(statement.text.begin(), statement.text.end(), '?');
    std::vector<database::Parameter> parameters;
    for (auto pair = places / 2; pair > 0; --pair) {
        parameters.emplace_back(first);
        parameters.emplace_back(last);
    }
    if (places % 2 == 1) parameters.emplace_back(eventsSince);
    return parameters;
}

} // namespace

std::string AuditCheck::name() const {
    return std::string{statement->name.substr(statement->name.find('.') + 1)};
}

std::span<const AuditCheck> auditChecks() { return kChecks; }

bool audit(database::Session& session, const AuditCheck& check, const AuditScope& scope,
           const std::function<void(const Violation&)>& report, const std::function<bool()>& goOn) {
    for (std::int64_t done = 0;;) {
        if (goOn && !goOn()) return false;
        const auto last = session.query(*check.next, {done, scope.batch}).front().maybeInteger(0);
        if (!last) return true;
        const auto parameters = parametersOf(*check.statement, done + 1, *last, scope.eventsSince);
        for (const auto& row : session.queryWith(*check.statement, parameters)) {
            report({check.name(), row.bytes(0), row.bytes(1), row.bytes(2), row.bytes(3)});
        }
        done = *last;
    }
}

} // namespace outboxd::commerce::mysql
