// Giving money back: all of it or parts, points and cards, goods and coupons.
#include "platform/core/error.hpp"
#include "tests/unit/payment_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using namespace std::chrono_literals;
using Outcome = GatewayAnswer::Outcome;

namespace {

struct Scene : testing::PaymentScene {
    PaymentId byPoints() { return std::get<Paid>(verbs.pay(order, ann)).payment.id; }
    RefundSettlement answer(RefundId refund, Outcome outcome) {
        return transact(rows, [&](Transaction& transaction) {
            return settleRefund(transaction, cards.rules, refund, {outcome, "because"}, {});
        });
    }
    bool isValid(std::optional<std::int64_t> amount, std::string reason, std::vector<Pieces> lines) {
        RequestRefund command{.payment = {1},
                              .amount = {},
                              .reason = std::move(reason),
                              .lines = std::move(lines),
                              .traceparent = {}};
        if (amount) command.amount = core::Money{*amount};
        return validate(command).index() == 0;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(refunds, Scene)

BOOST_AUTO_TEST_CASE(points_and_goods_come_back_at_once) {
    const auto payment = byPoints();
    BOOST_TEST(points() == 400);
    clock.advance(1min);
    const auto refund = std::get<Refund>(cards.requestRefund(payment));
    BOOST_TEST((refund.state == RefundState::succeeded));
    BOOST_TEST(points() == 1000);
    BOOST_TEST(stock() == 5);
    BOOST_TEST(stateOf(payment) == "REFUNDED");
    BOOST_TEST(orderState() == "COMPLETE");
    const auto entry = rows.history(ann, {}).items.front();
    BOOST_TEST((entry.kind == HistoryKind::refund));
    BOOST_TEST(entry.reference == "refund:" + std::to_string(refund.id.value));
    BOOST_TEST(story() == "PaymentCompleted PaymentRefunded");
    const auto payload = lastEvent().payload.value();
    BOOST_TEST(payload.find(R"("method":"POINTS","amount":600,"refundedTotal":600,"full":true)") !=
               std::string::npos);
    BOOST_TEST(
        payload.find(
            R"("quantity":2}],"completedAt":"2026-01-01T00:00:00.000000Z","refundedAt":"2026-01-01T00:01:00)") !=
        std::string::npos);
    BOOST_TEST(gateway.calls() == 0);
}

BOOST_AUTO_TEST_CASE(parts_come_back_until_nothing_is_left) {
    const auto payment = byPoints();
    BOOST_TEST((std::get<Refund>(cards.requestRefund(payment, 250)).state == RefundState::succeeded));
    BOOST_TEST(stock() == 3);
    BOOST_TEST(stateOf(payment) == "SUCCEEDED");
    BOOST_TEST(std::get<RefundTooLarge>(cards.requestRefund(payment, 351)).left.minorUnits() == 350);
    BOOST_TEST(std::holds_alternative<Refund>(cards.requestRefund(payment, 100, {{mug, 1}})));
    BOOST_TEST(stock() == 4);
    BOOST_TEST(std::get<TooManyReturned>(cards.requestRefund(payment, 1, {{mug, 1}, {mug, 1}})).left == 1);
    const auto rest = std::get<Refund>(cards.requestRefund(payment));
    BOOST_TEST(rest.amount.minorUnits() == 250);
    BOOST_REQUIRE(rest.lines.size() == 1);
    BOOST_TEST(rest.lines[0].quantity == 1);
    BOOST_TEST(stock() == 5);
    BOOST_TEST(points() == 1000);
    BOOST_TEST(stateOf(payment) == "REFUNDED");
    BOOST_TEST((std::get<NotRefundable>(cards.requestRefund(payment)).state == PaymentState::refunded));
}

BOOST_AUTO_TEST_CASE(a_refused_refund_changes_nothing) {
    const auto payment = byPoints();
    const auto events = rows.events().size();
    const auto tea = verbs.product("tea", 1, 1);
    BOOST_TEST(std::get<TooManyReturned>(cards.requestRefund(payment, 1, {{tea, 1}})).left == 0);
    BOOST_TEST(std::holds_alternative<PaymentNotFound>(cards.requestRefund(PaymentId{999})));
    BOOST_TEST(std::holds_alternative<NotRefundable>(cards.requestRefund(verbs.authorize("m", 5).id)));
    for (int i = 0; i < 8; ++i) verbs.charge(ann, kMostAmount.minorUnits());
    verbs.charge(ann, kMostAmount.minorUnits() - 400);
    BOOST_TEST(std::holds_alternative<BalanceLimitReached>(cards.requestRefund(payment)));
    BOOST_TEST(refundedOf(payment) == 0);
    BOOST_TEST(refundsOf(payment).empty());
    BOOST_TEST(rows.events().size() == events + 1 + 9); // the authorization and the charges
}

BOOST_AUTO_TEST_CASE(a_full_refund_gives_the_coupon_back_and_a_partial_one_does_not) {
    const CouponId coupon{77};
    rows.plant(ann, coupon);
    Order placed = rows.order(order).value();
    rows.run([&](Transaction& transaction) {
        placed.coupon = coupon;
        order = transaction.orders().add(placed);
        transaction.userCoupons().use(transaction.userCoupons().lock(ann, coupon)->id, order, clock.today());
        return Ending::commit;
    });
    const auto state = [&] {
        std::optional<UserCoupon> held;
        rows.run([&](Transaction& transaction) {
            held = transaction.userCoupons().lock(ann, coupon);
            return Ending::rollback;
        });
        return held->state;
    };
    const auto payment = byPoints();
    cards.requestRefund(payment, 599);
    BOOST_TEST((state() == UserCouponState::used));
    cards.requestRefund(payment, 1);
    BOOST_TEST((state() == UserCouponState::available));
    BOOST_TEST(stock() == 3); // no goods were named
}

BOOST_AUTO_TEST_CASE(a_card_gets_its_money_back_through_the_gateway) {
    const auto payment = pay();
    const auto refund = cards.refund(payment.id, 200, {{mug, 1}});
    BOOST_TEST((refund.state == RefundState::succeeded));
    BOOST_TEST(gateway.earned() == 400);
    BOOST_TEST(stock() == 4);
    BOOST_TEST(points() == 1000);
    BOOST_TEST(watch.count("refund SUCCEEDED") == 1);
    BOOST_TEST(lastEvent().payload->find(R"("refundedTotal":200,"full":false)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(goods_and_event_wait_for_the_gateway) {
    const auto payment = pay();
    const auto refund = std::get<Refund>(cards.requestRefund(payment.id));
    BOOST_TEST(stock() == 3);
    BOOST_TEST(refundedOf(payment.id) == 600);
    BOOST_TEST(std::holds_alternative<RefundTooLarge>(cards.requestRefund(payment.id)));
    answer(refund.id, Outcome::unknown);
    BOOST_TEST(story() == "PaymentCompleted");
    BOOST_TEST(answer(refund.id, Outcome::succeeded).changed);
    BOOST_TEST(!answer(refund.id, Outcome::succeeded).changed);
    BOOST_TEST(stock() == 5);
    BOOST_TEST(story() == "PaymentCompleted PaymentRefunded");
}

BOOST_AUTO_TEST_CASE(a_declined_refund_frees_what_it_reserved) {
    const auto payment = pay();
    gateway.declineNext();
    BOOST_TEST((cards.refund(payment.id).state == RefundState::failed));
    BOOST_TEST(watch.count("alert refund_declined") == 1);
    BOOST_TEST(refundedOf(payment.id) == 0);
    BOOST_TEST(stock() == 3);
    BOOST_TEST(stateOf(payment.id) == "SUCCEEDED");
    BOOST_TEST((cards.refund(payment.id).state == RefundState::succeeded));
    BOOST_TEST(stock() == 5);
}

BOOST_AUTO_TEST_CASE(a_refund_that_succeeds_after_all_counts_if_that_much_is_left) {
    const auto payment = pay();
    const auto first = std::get<Refund>(cards.requestRefund(payment.id, 400));
    answer(first.id, Outcome::declined);
    BOOST_TEST((answer(first.id, Outcome::succeeded).anomaly == Anomaly::refund_success_after_failure));
    BOOST_TEST(refundedOf(payment.id) == 400);
    const auto second = std::get<Refund>(cards.requestRefund(payment.id, 200));
    BOOST_TEST((answer(first.id, Outcome::declined).anomaly == Anomaly::refund_failure_after_success));
    answer(second.id, Outcome::declined);
    cards.refund(payment.id, 200);
    BOOST_TEST((answer(second.id, Outcome::succeeded).anomaly == Anomaly::refund_success_after_failure));
    BOOST_TEST(refundedOf(payment.id) == 600);
    BOOST_TEST(
        (rows.refund(second.id)->state == RefundState::failed)); // more than everything: a person must look
}

BOOST_AUTO_TEST_CASE(what_makes_no_sense_is_not_a_command) {
    BOOST_TEST(isValid({}, "r", {}));
    BOOST_TEST(isValid(1, "r", {{mug, 1}}));
    BOOST_TEST(!isValid({}, "r", {{mug, 1}}));
    BOOST_TEST(!isValid(0, "r", {}));
    BOOST_TEST(!isValid(-1, "r", {}));
    BOOST_TEST(!isValid(1, "", {}));
    BOOST_TEST(!isValid(1, std::string(192, 'r'), {}));
    BOOST_TEST(!isValid(1, "r", {{mug, 0}}));
    BOOST_TEST(!isValid(1, "r", std::vector<Pieces>(101, {mug, 1})));
}

BOOST_AUTO_TEST_SUITE_END()
