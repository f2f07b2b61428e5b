// Each check of the audit finds the fault that it is there for, and nothing else does.
#include "commerce/mysql/audit.hpp"
#include "tests/integration/audit_shop.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <set>

using namespace outboxd;
using namespace outboxd::commerce::mysql;
namespace data = boost::unit_test::data;

namespace {

struct Fault {
    const char* what;               // as a person would tell it
    const char* statement;          // done by hand
    std::vector<const char*> found; // all that the audit then says: check, subject, id
};

std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.what; }

const Fault kFaults[] = {
    {"a mug fell under the counter",
     "UPDATE stock_slot SET quantity = quantity - 1 WHERE product_id = 1 AND slot = 1",
     {"stock_identity product 1"}},
    {"stock was changed without a word",
     "DELETE FROM stock_adjustment WHERE product_id = 2 AND quantity = 5",
     {"stock_identity product 2"}},
    {"one slot owes to another",
     "UPDATE stock_slot SET quantity = IF(slot = 0, -5, 100) WHERE product_id = 1",
     {"stock_not_negative stock_slot 1:0"}},
    {"a balance grew by itself",
     "UPDATE point_account SET balance = balance + 1 WHERE user_id = 2",
     {"points_balance point_account 2"}},
    {"a history row was added up wrongly",
     "UPDATE point_history SET balance_after = 999 WHERE id = 4",
     {"points_running point_history 4"}},
    {"a movement was lost",
     "DELETE FROM point_history WHERE id = 1",
     {"points_balance point_account 1", "points_running point_history 3", "points_running point_history 6"}},
    {"points were used for a payment that there is not",
     "INSERT INTO point_history VALUES (9, 1, 0, 505, 'USE', 'payment:99', NOW())",
     {"points_used point_history 9"}},
    {"a payment took no points",
     "UPDATE point_history SET kind = 'ADJUSTMENT' WHERE reference = 'payment:1'",
     {"points_paid payment 1"}},
    {"points came back without a refund",
     "INSERT INTO point_history VALUES (9, 1, 0, 505, 'REFUND', 'refund:99', NOW())",
     {"points_refunded point_history 9"}},
    {"a refund gave nothing back",
     "UPDATE point_history SET kind = 'ADJUSTMENT' WHERE reference = 'refund:2'",
     {"refunds_of_points refund 2"}},

    {"loyalty points for a payment that there is not",
     "UPDATE point_history SET reference = 'loyalty:99' WHERE id = 6",
     {"points_loyal point_history 6"}},
    {"loyalty points of one user for the payment of another",
     "UPDATE point_history SET reference = 'loyalty:2' WHERE id = 6",
     {"points_loyal point_history 6"}},
    {"loyalty points were taken back without a refund",
     "INSERT INTO point_history VALUES (9, 1, 0, 505, 'LOYALTY_BACK', 'loyalty-refund:99', NOW())",
     {"points_loyal_back point_history 9"}},
    {"fewer loyalty points were taken than the refund says",
     "UPDATE loyalty_refund SET taken = 1 WHERE refund_id = 2",
     {"loyalty_refunded loyalty_refund 2", "points_loyal_back point_history 8"}},
    {"a refund took more loyalty points than were given",
     "UPDATE loyalty_refund SET due = 5 WHERE refund_id = 2",
     {"loyalty_refunded loyalty_refund 2"}},
    {"a refund took loyalty points in silence",
     "UPDATE loyalty_refund SET due = 1, taken = 1 WHERE refund_id = 3",
     {"loyalty_refunded loyalty_refund 3"}},
    {"loyalty points went with a refund that failed",
     "UPDATE loyalty_refund SET refund_id = 4 WHERE refund_id = 3",
     {"loyalty_refund_made loyalty_refund 4"}},

    {"a coupon was miscounted",
     "UPDATE coupon SET issued = 2 WHERE id = 2",
     {"coupon_counts coupon 2", "coupon_events coupon 2"}},
    {"more coupons than there are",
     "UPDATE coupon SET total = 1 WHERE id = 1",
     {"coupon_within_total coupon 1", "coupon_over_issued coupon 1"}},
    {"a coupon of an over-issue counts again",
     "UPDATE user_coupon SET state = 'INVALIDATED', reason = 'over-issued' WHERE id = 2",
     {"coupon_counts coupon 1"}},
    {"the loser holds the winner's coupon",
     "UPDATE user_coupon SET user_id = 3 WHERE id = 2",
     {"coupon_claim_winner coupon_claim 12", "coupon_claim_winner coupon_claim 13"}},
    {"a coupon was handed out past the queue",
     "UPDATE coupon_claim SET user_id = 9 WHERE id = 12",
     {"coupon_claim_winner coupon_claim 12", "coupon_holder_claimed user_coupon 2"}},
    {"sold out, but one is left", "UPDATE coupon SET total = 3 WHERE id = 1", {"coupon_sold_out coupon 1"}},
    {"who came first lost",
     "UPDATE coupon_claim SET id = 10, created_at = '2026-01-01 09:59:00' WHERE id = 13",
     {"coupon_order coupon_claim 10"}},
    {"a coupon is used by nobody",
     "UPDATE user_coupon SET state = 'USED' WHERE id = 2",
     {"coupon_used user_coupon 2"}},
    {"a cancelled order keeps its coupon",
     "UPDATE user_coupon SET state = 'USED', order_id = 5 WHERE id = 3",
     {"coupon_used user_coupon 3"}},
    {"an order's coupon can be used again",
     "UPDATE user_coupon SET state = 'AVAILABLE' WHERE id = 1",
     {"order_coupon order 2"}},

    {"an order costs less than its lines",
     "UPDATE orders SET total = 299 WHERE id = 1",
     {"order_total order 1"}},
    {"an order lost its lines",
     "DELETE FROM order_line WHERE order_id = 3",
     {"stock_identity product 1", "order_total order 3"}},
    {"nothing is under way for an order that is being paid",
     "UPDATE payment SET state = 'FAILED' WHERE id = 2",
     {"order_payment order 3", "payment_events order 3"}},
    {"an order waits although it is paid",
     "INSERT INTO payment (id, order_id, user_id, method, amount, state) VALUES (9, 1, 1, 'CARD', 300, 'SUCCEEDED')",
     {"order_payment order 1"}},
    {"an order is complete for more than was paid",
     "UPDATE orders SET total = 271, discount = 29 WHERE id = 7",
     {"order_payment order 7"}},
    {"a payment of a cancelled order was kept",
     "INSERT INTO payment (id, order_id, user_id, method, amount, state) VALUES (9, 8, 1, 'CARD', 20, 'SUCCEEDED')",
     {"cancelled_payment payment 9"}},
    {"a refund was forgotten in the sum",
     "UPDATE payment SET refunded = 30 WHERE id = 5",
     {"payment_refunded payment 5"}},
    {"a failed refund counts",
     "UPDATE payment SET refunded = 100 WHERE id = 5",
     {"payment_refunded payment 5"}},
    {"all is refunded, and nobody noticed",
     "UPDATE payment SET state = 'SUCCEEDED' WHERE id = 4",
     {"payment_refunded_state payment 4"}},

    {"an expired order kept its stock",
     "DELETE FROM compensation WHERE compensation_key = 'order:4:stock:2'",
     {"order_stock_returned order 4"}},
    {"an expired order gave too little back",
     "UPDATE compensation SET quantity = 2 WHERE compensation_key = 'order:4:stock:2'",
     {"order_stock_returned order 4"}},
    {"an expired order gave back twice",
     "INSERT INTO compensation VALUES ('again', 4, 'STOCK', 2, 3, 'DONE', NOW(), NOW())",
     {"order_stock_returned order 4"}},
    {"a cancelled order kept its coupon",
     "DELETE FROM compensation WHERE compensation_key = 'order:5:coupon:2'",
     {"order_coupon_returned order 5"}},
    {"a waiting order gave its stock back",
     "INSERT INTO compensation VALUES ('early', 1, 'STOCK', 1, 1, 'DONE', NOW(), NOW())",
     {"compensation_due compensation early"}},
    {"a cancelled order gave back what it never had",
     "INSERT INTO compensation VALUES ('kind', 8, 'STOCK', 1, 1, 'DONE', NOW(), NOW())",
     {"compensation_due compensation kind"}},
    {"a paid order gave its coupon back",
     "INSERT INTO compensation VALUES ('early', 2, 'COUPON', 1, NULL, 'DONE', NOW(), NOW())",
     {"compensation_due compensation early"}},
    {"a payment that must go back has no refund",
     "UPDATE refund SET origin = 'REQUEST' WHERE id = 1",
     {"compensation_refund compensation order:5:refund:4"}},
    {"a refund that nothing called for",
     "UPDATE refund SET origin = 'COMPENSATION' WHERE id = 2",
     {"refund_compensation refund 2"}},
    {"goods that came back are not in stock",
     "DELETE FROM refund_line WHERE refund_id = 2",
     {"order_goods_returned order 6"}},
    {"more came back than was bought",
     "UPDATE order_line SET quantity = 1, unit_price = 100 WHERE order_id = 6",
     {"stock_identity product 2", "order_goods_returned order 6"}},

    {"an order was placed in silence",
     "DELETE FROM outbox_event WHERE aggregate_id = '1' AND type = 'OrderPlaced'",
     {"order_events order 1"}},
    {"a payment failed in silence",
     "DELETE FROM outbox_event WHERE type = 'PaymentFailed'",
     {"payment_events order 4"}},
    {"a refund in silence",
     "DELETE FROM outbox_event WHERE type = 'PaymentRefunded' AND aggregate_id = '6'",
     {"payment_events order 6"}},
    {"a coupon was issued in silence",
     "DELETE FROM outbox_event WHERE type = 'CouponIssued' AND aggregate_id = '2'",
     {"coupon_events coupon 2"}},
    {"a charge in silence",
     "DELETE FROM outbox_event WHERE type = 'PointsCharged' AND aggregate_id = '2'",
     {"charge_events point_history 2"}},
    {"a refund went through and its compensation does not know",
     "UPDATE compensation SET state = 'PENDING' WHERE target = 'REFUND'",
     {"compensation_refund compensation order:5:refund:4"}},
    {"an order was paid in silence",
     "DELETE FROM outbox_event WHERE aggregate_id = '2' AND type = 'PaymentCompleted'",
     {"order_events order 2"}},
    {"a payment was told twice",
     "INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type) VALUES ('0123456789abcdef', 'order', '6', 'PaymentCompleted')",
     {"order_events order 6"}},
    {"an expired order was told as cancelled",
     "UPDATE outbox_event SET type = 'OrderCancelled' WHERE type = 'OrderExpired'",
     {"order_events order 4"}},
};

// The shop is made once; every fault is rolled back.
struct Shop {
    testing::TestDatabase schema;
    database::Session session{schema.settings()};

    Shop() {
        testing::makeAuditShop(session);
        session.textExecute("SET check_constraint_checks = 0"); // for faults that the schema refuses
    }

    std::multiset<std::string> violations(const AuditScope& scope = {}) {
        std::multiset<std::string> found;
        for (const auto& check : auditChecks()) {
            audit(session, check, scope, [&](const Violation& v) {
                found.insert(fmt::format("{} {} {}", v.check, v.subject, v.id));
                BOOST_TEST_MESSAGE("    " << v.check << ": " << v.subject << ' ' << v.id << ": expected "
                                          << v.expected << ", found " << v.found);
            });
        }
        return found;
    }
    std::multiset<std::string> violationsAfter(const std::string& statement, const AuditScope& scope = {}) {
        session.begin();
        BOOST_TEST(session.textExecute(statement) > 0U, "the fault is one");
        auto found = violations(scope);
        session.rollback();
        return found;
    }
};

Shop& shop() {
    static Shop shop;
    return shop;
}

} // namespace

BOOST_AUTO_TEST_SUITE(audit_suite)

BOOST_AUTO_TEST_CASE(a_shop_whose_sums_are_right_has_no_violation) {
    BOOST_TEST(shop().violations().empty());
}

BOOST_DATA_TEST_CASE(a_fault_is_found_by_the_check_that_is_there_for_it, data::make(kFaults), fault) {
    BOOST_TEST_MESSAGE(fault.what);
    const std::multiset<std::string> expected(fault.found.begin(), fault.found.end());
    BOOST_TEST(shop().violationsAfter(fault.statement) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_check_has_a_fault_that_it_finds) {
    for (const auto& check : auditChecks()) {
        const auto finds = [&](const Fault& fault) {
            return std::any_of(fault.found.begin(), fault.found.end(),
                               [&](std::string_view found) { return found.starts_with(check.name() + " "); });
        };
        BOOST_TEST(std::any_of(std::begin(kFaults), std::end(kFaults), finds), check.name());
    }
}

BOOST_AUTO_TEST_CASE(the_same_is_found_range_by_range) {
    const std::multiset<std::string> expected{"order_total order 1", "order_total order 8"};
    BOOST_TEST(shop().violationsAfter("UPDATE orders SET discount = discount + 1 WHERE id IN (1, 8)",
                                      {.batch = 1}) == expected,
               boost::test_tools::per_element());
    BOOST_TEST(shop().violationsAfter("UPDATE stock_slot SET quantity = quantity + 1", {.batch = 1}).size() ==
               2U);
}

BOOST_AUTO_TEST_CASE(claims_of_the_same_moment_may_fall_either_way) {
    BOOST_TEST(shop()
                   .violationsAfter(
                       "UPDATE coupon_claim SET id = 10, created_at = '2026-01-01 10:00:15' WHERE id = 13")
                   .empty());
}

BOOST_AUTO_TEST_CASE(orders_from_before_the_oldest_event_are_not_asked_for_theirs) {
    AuditScope scope;
    scope.eventsSince = core::SystemClock{}.today() + std::chrono::hours{1};
    BOOST_TEST(shop().violationsAfter("DELETE FROM outbox_event", scope).empty());
}

BOOST_AUTO_TEST_CASE(an_audit_ends_when_it_is_told_to) {
    BOOST_TEST(!audit(
        shop().session, auditChecks().front(), {}, [](const Violation&) {}, [] { return false; }));
}

BOOST_AUTO_TEST_SUITE_END()
