// What was planted is found, mended with its line in the audit log, and gone from the next run; a dry run changes nothing; and
// what nobody but a person can decide is left alone.
#include "tests/integration/reconcile_stage.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace outboxd;
using commerce::reconcile::Ending;
using testing::ReconcileStage;
using Mode = ReconcileStage::Mode;
using Lines = ReconcileStage::Lines;
namespace data = boost::unit_test::data;

namespace {

struct Drift {
    const char* what;               // as a person would tell it
    const char* statement;          // done by hand
    std::vector<const char*> found; // check and id: all of them are repaired
    const char* mended;             // a query that gives 1 afterwards
};

std::ostream& operator<<(std::ostream& out, const Drift& drift) { return out << drift.what; }

const Drift kDrifts[] = {
    {"a balance grew by itself",
     "UPDATE point_account SET balance = balance + 1 WHERE user_id = 2",
     {"points_balance 2"},
     "SELECT balance = 942 FROM point_account WHERE user_id = 2"},
    {"a history row was added up wrongly",
     "UPDATE point_history SET balance_after = 999 WHERE id = 4",
     {"points_running 4"},
     "SELECT balance_after = 900 FROM point_history WHERE id = 4"},
    {"a mug fell under the counter",
     "UPDATE stock_slot SET quantity = quantity - 1 WHERE product_id = 1 AND slot = 1",
     {"stock_identity 1"},
     "SELECT SUM(quantity) = 95 FROM stock_slot WHERE product_id = 1"},
    {"there are more mugs than came in",
     "UPDATE stock_slot SET quantity = quantity + 70 WHERE product_id = 1 AND slot = 1",
     {"stock_identity 1"},
     "SELECT MIN(quantity) = 0 AND SUM(quantity) = 95 FROM stock_slot WHERE product_id = 1"},
    {"one slot owes to another",
     "UPDATE stock_slot SET quantity = IF(slot = 0, -5, 100) WHERE product_id = 1",
     {"stock_not_negative 1:0"},
     "SELECT MIN(quantity) = 0 AND SUM(quantity) = 95 FROM stock_slot WHERE product_id = 1"},
    {"a coupon was miscounted",
     "UPDATE coupon SET issued = 0 WHERE id = 1",
     {"coupon_counts 1"},
     "SELECT issued = 2 FROM coupon WHERE id = 1"},
    {"more issued than there are",
     "UPDATE coupon SET issued = 3 WHERE id = 1",
     {"coupon_counts 1"},
     "SELECT issued = 2 FROM coupon WHERE id = 1"},
    {"coupons were handed out beyond the total, one with a claim, one past the queue",
     "INSERT INTO user_coupon (id, coupon_id, user_id, issued_at) VALUES (8, 1, 3, NOW()), "
     "(9, 1, 4, NOW() + INTERVAL 1 SECOND);"
     "UPDATE user_coupon SET issued_at = '2026-01-01' WHERE id IN (1, 2);"
     "UPDATE coupon_claim SET state = 'ISSUED' WHERE user_id = 3",
     {"coupon_over_issued 1"},
     "SELECT SUM(id IN (8, 9)) = 2 AND COUNT(*) = 2 AND MIN(reason) = 'over-issued' FROM user_coupon WHERE state = "
     "'INVALIDATED'"},
    {"the first issued is not the first row",
     "UPDATE user_coupon SET issued_at = '2026-01-02', reason = 'fraud', state = 'INVALIDATED' WHERE id = 2;"
     "INSERT INTO user_coupon (id, coupon_id, user_id, issued_at) VALUES (8, 1, 3, '2026-01-01');"
     "UPDATE user_coupon SET issued_at = '2026-01-01' WHERE id = 1;"
     "UPDATE coupon_claim SET state = 'ISSUED' WHERE user_id = 3",
     {"coupon_over_issued 1"},
     "SELECT reason = 'over-issued, fraud' FROM user_coupon WHERE id = 2"},
    {"a winner is told to wait",
     "UPDATE coupon_claim SET state = 'WAITING' WHERE id = 12",
     {"coupon_claim_winner 12"},
     "SELECT state = 'ISSUED' FROM coupon_claim WHERE id = 12"},
    {"a cancelled order keeps its coupon",
     "UPDATE user_coupon SET state = 'USED', order_id = 5 WHERE id = 3",
     {"coupon_used 3"},
     "SELECT state = 'AVAILABLE' AND order_id IS NULL FROM user_coupon WHERE id = 3"},
    {"a refund was forgotten in the sum",
     "UPDATE payment SET refunded = 30 WHERE id = 5",
     {"payment_refunded 5"},
     "SELECT refunded = 40 FROM payment WHERE id = 5"},
    {"an order waits although it is paid",
     "INSERT INTO payment (id, order_id, user_id, method, amount, state) VALUES (9, 1, 1, 'CARD', 300, 'SUCCEEDED')",
     {"order_payment 1"},
     "SELECT state = 'COMPLETE' AND completed_at IS NOT NULL AND (SELECT COUNT(*) FROM outbox_event WHERE aggregate_id "
     "= '1' AND type = 'PaymentCompleted') = 1 FROM orders WHERE id = 1"},
    {"a complete order was set back",
     "UPDATE orders SET state = 'WAITING' WHERE id = 2",
     {"order_payment 2"},
     "SELECT state = 'COMPLETE' AND (SELECT COUNT(*) FROM outbox_event WHERE aggregate_id = '2' AND type = "
     "'PaymentCompleted') = 1 FROM orders WHERE id = 2"},
    {"an order waits although its payment is under way",
     "UPDATE orders SET state = 'WAITING' WHERE id = 3",
     {"order_payment 3"},
     "SELECT state = 'PAYING' FROM orders WHERE id = 3"},
    {"an order is being paid by nothing",
     "DELETE FROM payment WHERE id = 2",
     {"order_payment 3"},
     "SELECT state = 'WAITING' FROM orders WHERE id = 3"},
    {"an order that was to be cancelled is being paid by nothing",
     "DELETE FROM payment WHERE id = 2; UPDATE orders SET cancel_requested = TRUE WHERE id = 3",
     {"order_payment 3"},
     "SELECT state = 'CANCELLED' AND (SELECT SUM(quantity) = 96 FROM stock_slot WHERE product_id = 1) FROM orders WHERE "
     "id = 3"},
    {"a payment of a cancelled order was kept",
     "INSERT INTO payment (id, order_id, user_id, method, amount, state, gateway_key) VALUES (9, 8, 1, 'CARD', 20, "
     "'SUCCEEDED', 'k')",
     {"cancelled_payment 9"},
     "SELECT COUNT(*) = 1 AND MIN(state) = 'PENDING' AND SUM(amount) = 20 FROM refund WHERE payment_id = 9"},
    {"an expired order was paid after all",
     "INSERT INTO payment (id, order_id, user_id, method, amount, state, gateway_key) VALUES (9, 4, 2, 'CARD', 60, "
     "'SUCCEEDED', 'k')",
     {"cancelled_payment 9"},
     "SELECT COUNT(*) = 1 FROM refund WHERE payment_id = 9"},
    {"an expired order has no note of its stock",
     "DELETE FROM compensation WHERE compensation_key = 'order:4:stock:2'",
     {"order_stock_returned 4"},
     "SELECT SUM(quantity) = 52 FROM stock_slot WHERE product_id = 2"},
    {"an expired order kept its stock",
     "DELETE FROM compensation WHERE compensation_key = 'order:4:stock:2';"
     "UPDATE stock_slot SET quantity = quantity - 3 WHERE product_id = 2",
     {"order_stock_returned 4", "stock_identity 2"},
     "SELECT SUM(quantity) = 52 FROM stock_slot WHERE product_id = 2"},
    {"a cancelled order kept its coupon and has no note of it",
     "DELETE FROM compensation WHERE compensation_key = 'order:5:coupon:2'",
     {"order_coupon_returned 5"},
     "SELECT COUNT(*) = 1 FROM compensation WHERE compensation_key = 'order:5:coupon:2'"},
};

Lines expected(const Drift& drift, const std::string& verdict) {
    Lines lines;
    for (const auto* one : drift.found) lines.insert(verdict + " " + one);
    return lines;
}

// Of a fault that other checks see, too, until it is mended: those are found gone.
Lines without(Lines lines, const std::string& verdict) {
    std::erase_if(lines, [&](const auto& line) { return line.starts_with(verdict); });
    return lines;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(reconcile_suite, ReconcileStage)

BOOST_AUTO_TEST_CASE(books_that_are_right_are_left_alone) {
    BOOST_TEST(run(Mode::repair).empty());
    BOOST_TEST((ending == Ending::done));
    const auto view = desk.run(last).value();
    BOOST_TEST(view.state == "DONE");
    BOOST_TEST(view.askedBy == "kim");
    BOOST_TEST(view.node.value() == "node");
    BOOST_TEST(desk.checks(last).size() == commerce::mysql::auditChecks().size());
}

BOOST_AUTO_TEST_CASE(every_check_of_the_audit_is_one_of_the_reconciliation) {
    run(Mode::report);
    std::set<std::string> made;
    for (const auto& check : desk.checks(last)) made.insert(check.name);
    for (const auto& check : commerce::mysql::auditChecks())
        BOOST_TEST(made.contains(check.name()), check.name());
}

BOOST_AUTO_TEST_CASE(a_report_changes_nothing_and_says_what_a_repair_would_set) {
    plant(kDrifts[0].statement);
    BOOST_TEST(run(Mode::report) == Lines{"REPORTED points_balance 2"}, boost::test_tools::per_element());
    BOOST_TEST(remedies.at("points_balance") == "a repair sets the balance to the sum of the history");
    BOOST_TEST(number("SELECT COUNT(*) FROM audit_log WHERE action = 'reconcile.repair'") == 0);
}

BOOST_AUTO_TEST_CASE(what_concerns_people_is_left_to_them) {
    plant("UPDATE orders SET total = 299 WHERE id = 1;" // and what can be mended beside it
          "UPDATE point_account SET balance = 3 WHERE user_id = 1;"
          "DELETE FROM user_coupon WHERE id = 2;"
          "UPDATE payment SET amount = 499 WHERE id = 1");
    const auto found = run(Mode::repair, {"order_total", "points_balance"});
    BOOST_TEST(found == (Lines{"PERSON order_total 1", "REPAIRED points_balance 1"}),
               boost::test_tools::per_element());
    const auto rest = run(Mode::repair);
    BOOST_TEST(rest.contains("PERSON coupon_claim_winner 12"));
    BOOST_TEST(rest.contains("PERSON coupon_counts 1"));
    BOOST_TEST(rest.contains("PERSON order_payment 2"));
    BOOST_TEST(without(rest, "PERSON").empty());
    BOOST_TEST(number("SELECT total FROM orders WHERE id = 1") == 299);
}

BOOST_AUTO_TEST_CASE(a_used_coupon_beyond_the_total_is_a_persons) {
    plant(
        "INSERT INTO user_coupon (id, coupon_id, user_id, state, order_id, issued_at) VALUES "
        "(8, 1, 8, 'USED', 1, NOW() + INTERVAL 1 DAY), (9, 1, 9, 'AVAILABLE', NULL, NOW() + INTERVAL 2 DAY)");
    BOOST_TEST(run(Mode::repair, {"points_balance"}).empty());
    const auto found = run(Mode::repair);
    BOOST_TEST(found.contains("REPAIRED coupon_over_issued 1"));
    BOOST_TEST(number("SELECT COUNT(*) FROM user_coupon WHERE state = 'INVALIDATED'") == 1);
    BOOST_TEST(value("SELECT state FROM user_coupon WHERE id = 8") == "USED");
    BOOST_TEST(run(Mode::repair).contains("PERSON coupon_over_issued 1"));
}

BOOST_AUTO_TEST_CASE(a_history_that_sums_up_below_zero_is_a_persons) {
    plant("UPDATE point_history SET amount = 1 WHERE id = 1");
    BOOST_TEST(run(Mode::repair).contains("PERSON points_balance 1"));
    BOOST_TEST(number("SELECT balance FROM point_account WHERE user_id = 1") == 505);
}

BOOST_AUTO_TEST_CASE(nothing_is_written_once_the_lock_is_lost) {
    plant(kDrifts[0].statement);
    const auto planted = number("SELECT balance FROM point_account WHERE user_id = 2");
    fence = [this](database::Session&) {
        if (desk.run(1)->state == "RUNNING") throw core::Error(core::ErrorKind::internal, "the lock is lost");
    };
    BOOST_CHECK_THROW(run(Mode::repair), core::Error);
    BOOST_TEST(number("SELECT balance FROM point_account WHERE user_id = 2") == planted);
    BOOST_TEST(number("SELECT COUNT(*) FROM audit_log WHERE action = 'reconcile.repair'") == 0);
    fence = [](database::Session&) {};
    BOOST_TEST(!commerce::mysql::reconcile::takeRun(database, "another", fence));
    BOOST_TEST(desk.run(1)->state == "INTERRUPTED");
}

BOOST_AUTO_TEST_CASE(unknown_checks_are_refused_and_a_run_can_be_cancelled_before_it_begins) {
    const auto refused = desk.order({Mode::report, {"points_balance", "points"}, std::nullopt, "kim"});
    BOOST_TEST(std::get<commerce::reconcile::UnknownChecks>(refused).names ==
               std::vector<std::string>{"points"});
    const auto asked =
        std::get<commerce::reconcile::RunAsked>(desk.order({Mode::report, {}, "why not", "kim"})).run;
    BOOST_TEST(desk.cancel(asked, "lee"));
    BOOST_TEST(!desk.cancel(asked, "lee"));
    BOOST_TEST(desk.run(asked)->state == "CANCELLED");
    BOOST_TEST(!commerce::mysql::reconcile::takeRun(database, "node", fence));
}

BOOST_AUTO_TEST_CASE(only_so_many_runs_wait) {
    for (std::int64_t i = 0; i < commerce::reconcile::kMostWaiting; ++i)
        desk.order({Mode::report, {}, {}, "kim"});
    BOOST_TEST(
        std::holds_alternative<commerce::reconcile::TooManyRuns>(desk.order({Mode::report, {}, {}, "kim"})));
    BOOST_TEST(commerce::mysql::reconcile::scheduleRun(database, Mode::report, fence), "the clock's always");
    BOOST_TEST(!commerce::mysql::reconcile::scheduleRun(database, Mode::report, fence), "but one");
}

BOOST_AUTO_TEST_CASE(the_figures_are_those_of_the_last_run_of_all_checks) {
    BOOST_TEST(!commerce::mysql::reconcile::lastComplete(database));
    plant(kDrifts[0].statement);
    run(Mode::report);
    run(Mode::repair, {"points_balance"});
    const auto last = commerce::mysql::reconcile::lastComplete(database).value();
    BOOST_TEST(last.repaired == 0);
    BOOST_TEST(last.checks.size() == commerce::mysql::auditChecks().size());
}

BOOST_DATA_TEST_CASE_F(ReconcileStage, a_drift_is_found_repaired_and_gone, data::make(kDrifts), drift) {
    BOOST_TEST_MESSAGE(drift.what);
    plant(drift.statement);
    // What others say of the same drift, and what it takes away from them once it is mended.
    const auto dry = run(Mode::dry_run);
    for (const auto* one : drift.found) BOOST_TEST(dry.contains(std::string{"PROPOSED "} + one), one);
    BOOST_TEST(number("SELECT COUNT(*) FROM audit_log WHERE action = 'reconcile.repair'") == 0);

    const auto made = run(Mode::repair);
    for (const auto& line : expected(drift, "REPAIRED")) BOOST_TEST(made.contains(line), line);
    const auto repaired = static_cast<std::int64_t>(
        std::ranges::count_if(made, [](const auto& line) { return line.starts_with("REPAIRED"); }));
    BOOST_TEST(number("SELECT COUNT(*) FROM audit_log WHERE action = 'reconcile.repair' AND actor = 'kim'") ==
               repaired);
    BOOST_TEST(
        number(
            "SELECT COUNT(*) FROM reconcile_finding f JOIN audit_log a ON a.id = f.audit_id AND f.verdict = "
            "'REPAIRED' AND JSON_VALUE(a.detail, '$.done') = f.remedy") == repaired);
    BOOST_TEST(desk.run(last)->repaired == repaired);
    BOOST_TEST(number(drift.mended) == 1);

    BOOST_TEST(run(Mode::repair) == Lines{}, boost::test_tools::per_element());
    BOOST_TEST(number("SELECT COUNT(*) FROM audit_log WHERE action = 'reconcile.repair'") == repaired);
}

BOOST_AUTO_TEST_SUITE_END()
