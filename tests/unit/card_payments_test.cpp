// Paying by card: every answer of the gateway, in every order.
#include "platform/core/error.hpp"
#include "tests/unit/payment_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using namespace std::chrono_literals;
using Outcome = GatewayAnswer::Outcome;

BOOST_FIXTURE_TEST_SUITE(card_payments, testing::PaymentScene)

BOOST_AUTO_TEST_CASE(a_charged_card_completes_the_order) {
    clock.advance(1min);
    const auto payment = pay();
    BOOST_TEST(stateOf(payment.id) == "SUCCEEDED");
    BOOST_TEST(orderState() == "COMPLETE");
    BOOST_TEST((rows.order(order)->completedAt == clock.today()));
    BOOST_TEST(story() == "PaymentCompleted");
    BOOST_TEST(lastEvent().payload->find(R"("method":"CARD","amount":600)") != std::string::npos);
    BOOST_TEST(gateway.earned() == 600);
    BOOST_TEST(points() == 1000);
    BOOST_TEST(watch.count("CARD SUCCEEDED") == 1);
}

BOOST_AUTO_TEST_CASE(while_it_is_being_paid_nobody_else_pays_it) {
    const auto payment = begun();
    BOOST_TEST(orderState() == "PAYING");
    BOOST_TEST(stateOf(payment.id) == "PENDING");
    BOOST_TEST((std::get<WrongState>(cards.begin(order, ann)).state == OrderState::paying));
    BOOST_TEST((std::get<WrongState>(verbs.pay(order, ann)).state == OrderState::paying));
    BOOST_TEST(rows.events().size() == 2); // points charged, order placed
}

BOOST_AUTO_TEST_CASE(a_declined_card_leaves_an_order_that_can_be_paid_again) {
    gateway.declineNext("no money");
    const auto payment = pay();
    BOOST_TEST(stateOf(payment.id) == "FAILED");
    BOOST_TEST(payment.reason.value() == "no money");
    BOOST_TEST(orderState() == "WAITING");
    BOOST_TEST(story() == "PaymentFailed");
    BOOST_TEST(stock() == 3);
    BOOST_TEST(stateOf(pay().id) == "SUCCEEDED");
    BOOST_TEST(story() == "PaymentFailed PaymentCompleted");
    BOOST_TEST(gateway.earned() == 600);
}

BOOST_AUTO_TEST_CASE(an_order_whose_time_passed_meanwhile_expires_when_the_card_is_declined) {
    const auto payment = begun();
    clock.advance(16min);
    cards.answer(payment.id, Outcome::declined);
    BOOST_TEST(orderState() == "EXPIRED");
    BOOST_TEST(stock() == 5);
    BOOST_TEST(story() == "PaymentFailed OrderExpired");
}

BOOST_AUTO_TEST_CASE(an_order_whose_time_passed_meanwhile_is_complete_when_the_card_was_charged) {
    const auto payment = begun();
    clock.advance(16min);
    cards.answer(payment.id, Outcome::succeeded);
    BOOST_TEST(orderState() == "COMPLETE");
    BOOST_TEST(stock() == 3);
}

BOOST_AUTO_TEST_CASE(orders_that_expired_or_are_anothers_cannot_be_paid) {
    const auto bob = verbs.userWith("bob", 0);
    BOOST_TEST(std::holds_alternative<OrderNotFound>(cards.begin(order, bob)));
    BOOST_TEST(std::holds_alternative<OrderNotFound>(cards.begin(OrderId{999}, ann)));
    clock.advance(15min);
    BOOST_TEST(std::holds_alternative<OrderExpired>(cards.begin(order, ann)));
    BOOST_TEST(gateway.calls() == 0);
}

BOOST_AUTO_TEST_CASE(an_order_that_costs_nothing_is_paid_without_the_gateway) {
    order = verbs.placed(ann, verbs.product("gift", 0, 1));
    const auto payment = pay();
    BOOST_TEST(stateOf(payment.id) == "SUCCEEDED");
    BOOST_TEST(orderState() == "COMPLETE");
    BOOST_TEST(gateway.calls() == 0);
    BOOST_TEST((cards.refund(payment.id).state == RefundState::succeeded));
    BOOST_TEST(stateOf(payment.id) == "REFUNDED");
    BOOST_TEST(std::holds_alternative<NotRefundable>(cards.requestRefund(payment.id)));
}

BOOST_AUTO_TEST_CASE(a_cancel_before_the_success_ends_in_one_refund) {
    const auto payment = begun();
    requestCancel();
    cards.answer(payment.id, Outcome::succeeded);
    cards.answer(payment.id, Outcome::succeeded);
    BOOST_TEST(orderState() == "CANCELLED");
    BOOST_TEST(stock() == 5);
    BOOST_TEST(stateOf(payment.id) == "SUCCEEDED");
    BOOST_TEST(refundedOf(payment.id) == 600);
    BOOST_REQUIRE(refundsOf(payment.id).size() == 1);
    BOOST_TEST((refundsOf(payment.id)[0].origin == RefundOrigin::compensation));
    BOOST_TEST(story() == "OrderCancelled");
    BOOST_TEST(cards.recover() == 1);
    BOOST_TEST(stateOf(payment.id) == "REFUNDED");
    BOOST_TEST(story() == "OrderCancelled PaymentRefunded");
    BOOST_TEST(lastEvent().payload->find("completedAt") == std::string::npos);
    BOOST_TEST(stock() == 5);
    clock.advance(1h);
    BOOST_TEST(cards.recover() == 0);
}

BOOST_AUTO_TEST_CASE(a_cancel_before_the_decline_cancels_the_order) {
    const auto payment = begun();
    requestCancel();
    cards.answer(payment.id, Outcome::declined);
    BOOST_TEST(orderState() == "CANCELLED");
    BOOST_TEST(stock() == 5);
    BOOST_TEST(refundsOf(payment.id).empty());
    BOOST_TEST(story() == "PaymentFailed OrderCancelled");
}

BOOST_AUTO_TEST_CASE(the_same_answer_again_changes_nothing) {
    const auto payment = pay();
    const auto events = rows.events().size();
    const auto again = cards.answer(payment.id, Outcome::succeeded);
    BOOST_TEST(!again.changed);
    BOOST_TEST(!again.anomaly.has_value());
    for (const auto outcome : {Outcome::unknown, Outcome::pending, Outcome::not_found})
        BOOST_TEST(!cards.answer(payment.id, outcome).changed);
    BOOST_TEST(stateOf(payment.id) == "SUCCEEDED");
    BOOST_TEST(rows.events().size() == events);
}

BOOST_AUTO_TEST_CASE(a_failure_after_a_success_is_ignored_and_alerted) {
    const auto payment = pay();
    const auto late = cards.answer(payment.id, Outcome::declined);
    BOOST_TEST((late.anomaly == Anomaly::payment_failure_after_success));
    BOOST_TEST(stateOf(payment.id) == "SUCCEEDED");
    BOOST_TEST(orderState() == "COMPLETE");
}

BOOST_AUTO_TEST_CASE(a_success_after_a_failure_is_refunded_once_and_alerted) {
    gateway.declineNext();
    const auto payment = pay();
    const auto second = pay(); // the order is paid by another card meanwhile
    gateway.decide(payment.gatewayKey.value(), Outcome::succeeded);
    BOOST_TEST(std::holds_alternative<NewsTaken>(cards.news("m1", payment, true)));
    BOOST_TEST(std::holds_alternative<NewsTaken>(cards.news("m2", payment, true)));
    BOOST_TEST(watch.count("alert payment_success_after_failure") == 1);
    BOOST_TEST(refundsOf(payment.id).size() == 1);
    BOOST_TEST(gateway.earned() == 1200);
    cards.recover();
    BOOST_TEST(gateway.earned() == 600);
    BOOST_TEST(stateOf(payment.id) == "FAILED");
    BOOST_TEST(stateOf(second.id) == "SUCCEEDED");
    BOOST_TEST(orderState() == "COMPLETE");
    BOOST_TEST(stock() == 3);
    BOOST_TEST(story() == "PaymentFailed PaymentCompleted PaymentRefunded");
}

BOOST_AUTO_TEST_CASE(an_owed_refund_that_is_declined_can_be_made_again_by_hand) {
    gateway.declineNext();
    const auto payment = pay();
    gateway.decide(payment.gatewayKey.value(), Outcome::succeeded);
    cards.answer(payment.id, Outcome::succeeded);
    gateway.declineNext("closed account");
    cards.recover();
    BOOST_TEST(watch.count("alert refund_declined") == 1);
    BOOST_TEST(refundedOf(payment.id) == 0);
    BOOST_TEST((cards.refund(payment.id).state == RefundState::succeeded));
    BOOST_TEST(refundedOf(payment.id) == 600);
    BOOST_TEST(gateway.earned() == 0);
    BOOST_TEST(stock() == 3); // the order still waits
}

BOOST_AUTO_TEST_CASE(a_failed_payment_that_was_never_charged_is_not_refundable) {
    gateway.declineNext();
    const auto payment = pay();
    BOOST_TEST((std::get<NotRefundable>(cards.requestRefund(payment.id)).state == PaymentState::failed));
}

BOOST_AUTO_TEST_CASE(whoever_is_too_late_leaves_the_call_to_the_recovery) {
    const auto payment = begun();
    clock.advance(10s);
    const auto late = cards.cards.charge(payment, "tok_1", {});
    BOOST_TEST((late.payment.state == PaymentState::pending));
    BOOST_TEST(gateway.calls() == 0);
    BOOST_TEST(watch.count("delayed payment") == 1);
}

BOOST_AUTO_TEST_CASE(the_gateways_news_settle_like_the_reply_and_once_each) {
    const auto payment = begun();
    BOOST_TEST(std::holds_alternative<NewsTaken>(cards.news("m1", payment, true)));
    BOOST_TEST(std::holds_alternative<NewsKnown>(cards.news("m1", payment, true)));
    BOOST_TEST(std::holds_alternative<NewsKnown>(cards.news("m1", payment, false)));
    BOOST_TEST(std::holds_alternative<NewsTaken>(cards.news("m2", payment, true)));
    BOOST_TEST(orderState() == "COMPLETE");
    BOOST_TEST(story() == "PaymentCompleted");
    BOOST_TEST(watch.count("CARD SUCCEEDED") == 1);
}

BOOST_AUTO_TEST_CASE(the_news_may_come_before_the_reply) {
    const auto payment = begun();
    gateway.meanwhile([&] { cards.news("m1", payment, true); });
    const auto settled = cards.cards.charge(payment, "tok_1", {});
    BOOST_TEST((settled.payment.state == PaymentState::succeeded));
    BOOST_TEST(!settled.changed);
    BOOST_TEST(settled.completedAt.has_value());
    BOOST_TEST(story() == "PaymentCompleted");
}

BOOST_AUTO_TEST_CASE(news_of_another_amount_or_an_unknown_key_are_refused_and_not_remembered) {
    auto payment = begun();
    auto strange = payment;
    strange.gatewayKey = "nobody";
    BOOST_TEST(std::holds_alternative<UnknownGatewayKey>(cards.news("m1", strange, true)));
    strange = payment;
    strange.amount = core::Money{1};
    BOOST_TEST(std::get<AmountMismatch>(cards.news("m1", strange, true)).ours.minorUnits() == 600);
    BOOST_TEST(watch.count("alert payment_amount_mismatch") == 1);
    BOOST_TEST(orderState() == "PAYING");
    BOOST_TEST(std::holds_alternative<NewsTaken>(cards.news("m1", payment, true)));
}

BOOST_AUTO_TEST_SUITE_END()
