// What was left between the shop and the gateway is finished without anybody's help.
#include "platform/core/error.hpp"
#include "tests/support/crash_points.hpp"
#include "tests/unit/payment_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using namespace std::chrono_literals;
using Outcome = GatewayAnswer::Outcome;

namespace {

struct Scene : testing::PaymentScene {
    bool anythingOpen() {
        bool open = false;
        rows.run([&](Transaction& transaction) {
            const auto never = clock.today() + 24h * 365;
            open =
                !transaction.payments().due(never, 1).empty() || !transaction.refunds().due(never, 1).empty();
            return Ending::rollback;
        });
        return open;
    }
    // As the job does it, second by second.
    void recoverAll() {
        for (int seconds = 0; anythingOpen(); ++seconds) {
            BOOST_REQUIRE(seconds < 3600);
            clock.advance(1s);
            cards.recover();
        }
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(payment_recovery, Scene)

BOOST_AUTO_TEST_CASE(a_payment_whose_maker_died_becomes_unknown_and_is_asked_about) {
    const auto payment = begun();
    gateway.charge({payment.gatewayKey.value(), payment.amount, "tok_1", order});
    clock.advance(13s - 1us);
    BOOST_TEST(cards.recover() == 0);
    clock.advance(1us);
    BOOST_TEST(cards.recover() == 1);
    BOOST_TEST(stateOf(payment.id) == "SUCCEEDED");
    BOOST_TEST(orderState() == "COMPLETE");
    BOOST_TEST(story() == "PaymentUnknown PaymentCompleted");
}

BOOST_AUTO_TEST_CASE(a_timeout_is_unknown_until_the_gateway_says_more) {
    gateway.timeOutThenSucceed();
    const auto payment = pay();
    BOOST_TEST((payment.state == PaymentState::unknown));
    BOOST_TEST(orderState() == "PAYING");
    BOOST_TEST(story() == "PaymentUnknown");
    recoverAll();
    BOOST_TEST(stateOf(payment.id) == "SUCCEEDED");
    BOOST_TEST(story() == "PaymentUnknown PaymentCompleted");
    BOOST_TEST(gateway.earned() == 600);
}

BOOST_AUTO_TEST_CASE(a_timeout_then_a_decline_frees_the_order) {
    gateway.timeOutThenDecline();
    const auto payment = pay();
    recoverAll();
    BOOST_TEST(stateOf(payment.id) == "FAILED");
    BOOST_TEST(orderState() == "WAITING");
    BOOST_TEST(story() == "PaymentUnknown PaymentFailed");
}

BOOST_AUTO_TEST_CASE(not_found_counts_once_the_gateway_must_know) {
    gateway.loseNext();
    const auto payment = pay();
    clock.advance(13s + 60s - 1us);
    cards.recover();
    BOOST_TEST(stateOf(payment.id) == "UNKNOWN");
    recoverAll();
    BOOST_TEST(stateOf(payment.id) == "FAILED");
    BOOST_TEST(orderState() == "WAITING");
    BOOST_TEST(gateway.earned() == 0);
}

BOOST_AUTO_TEST_CASE(while_the_gateway_is_at_it_it_is_asked_less_and_less_often) {
    gateway.keepNextPending();
    const auto payment = pay();
    BOOST_TEST(stateOf(payment.id) == "PENDING");
    clock.advance(13s);
    cards.recover();
    int calls = gateway.calls();
    std::vector<std::int64_t> pauses;
    for (int seconds = 0; pauses.size() < 9; ++seconds) {
        BOOST_REQUIRE(seconds < 3600);
        clock.advance(1s);
        cards.recover();
        if (gateway.calls() == calls) continue;
        calls = gateway.calls();
        pauses.push_back(std::exchange(seconds, 0));
    }
    BOOST_TEST(pauses.front() <= 8);
    BOOST_TEST(pauses.back() >= 149);
    BOOST_TEST(pauses.back() <= 301);
    gateway.decide(payment.gatewayKey.value(), Outcome::succeeded);
    recoverAll();
    BOOST_TEST(orderState() == "COMPLETE");
}

BOOST_AUTO_TEST_CASE(an_outage_of_the_gateway_is_sat_out) {
    gateway.goDown();
    const auto payment = pay();
    for (int i = 0; i < 600; ++i) {
        clock.advance(1s);
        cards.recover();
    }
    BOOST_TEST(stateOf(payment.id) == "UNKNOWN");
    BOOST_TEST(story() == "PaymentUnknown"); // told once
    BOOST_TEST(gateway.calls() < 20);
    gateway.comeBack();
    recoverAll();
    BOOST_TEST(stateOf(payment.id) == "FAILED"); // it never arrived
    BOOST_TEST(orderState() == "WAITING");       // ... until the expiry job comes by
}

BOOST_AUTO_TEST_CASE(a_refund_whose_maker_died_is_sent_again_under_its_key) {
    const auto payment = pay();
    const auto refund = std::get<Refund>(cards.requestRefund(payment.id));
    gateway.refund({refund.gatewayKey.value(), refund.paymentKey.value(), refund.amount});
    recoverAll();
    BOOST_TEST(stateOf(payment.id) == "REFUNDED");
    BOOST_TEST(gateway.earned() == 0);
    BOOST_TEST(stock() == 5);
}

BOOST_AUTO_TEST_CASE(a_refund_that_was_lost_on_its_way_is_sent_again) {
    const auto payment = pay();
    gateway.loseNext();
    BOOST_TEST((cards.refund(payment.id).state == RefundState::unknown));
    BOOST_TEST(stateOf(payment.id) == "SUCCEEDED");
    recoverAll();
    BOOST_TEST(stateOf(payment.id) == "REFUNDED");
    BOOST_TEST(gateway.earned() == 0);
}

BOOST_AUTO_TEST_CASE(pauses_are_spread_and_bounded) {
    const CardRules rules;
    const auto now = clock.today();
    std::set<core::Timestamp> times;
    for (std::int64_t id = 1; id <= 100; ++id) {
        const auto next = rules.nextInquiry(id, 0, now);
        BOOST_TEST((next >= now + 1s && next <= now + 2s));
        times.insert(next);
        BOOST_TEST((rules.nextInquiry(id, 1'000'000, now) >= now + 150s));
        BOOST_TEST((rules.nextInquiry(id, 1'000'000, now) <= now + 300s));
    }
    BOOST_TEST(times.size() > 90);
}

// Dies at each step in turn: pays, is declined, pays again, refunds; somebody cancels in between.
BOOST_AUTO_TEST_CASE(a_crash_at_any_step_ends_consistent) {
    for (const bool cancelled : {false, true}) {
        for (const bool timesOut : {false, true}) {
            for (int at = 1;; ++at) {
                Scene scene;
                testing::CrashPoints points{at};
                testing::CrashingUnitOfWork unitOfWork{scene.rows, points};
                testing::CrashingGateway gateway{scene.gateway, points};
                testing::CardVerbs mortal{unitOfWork, gateway, scene.watch, scene.clock};
                bool crashed = false;
                try {
                    scene.gateway.declineNext();
                    mortal.pay(scene.order, scene.ann);
                    const auto begun = std::get<Payment>(mortal.begin(scene.order, scene.ann));
                    if (cancelled) scene.requestCancel();
                    if (timesOut) scene.gateway.timeOutThenSucceed();
                    const auto paid = mortal.cards.charge(begun, "tok_1", {}).payment;
                    if (timesOut) scene.gateway.timeOutThenSucceed();
                    if (paid.state == PaymentState::succeeded && !cancelled) mortal.refund(paid.id, 100);
                    scene.clock.advance(20s);
                    mortal.recover();
                    if (timesOut) scene.gateway.timeOutThenSucceed();
                    mortal.recover();
                } catch (const testing::Crash&) {
                    crashed = true;
                }
                scene.recoverAll();
                const auto what = "step " + std::to_string(at) + (cancelled ? " cancelled" : "") +
                                  (timesOut ? " timeouts" : "");
                const auto state = scene.rows.order(scene.order)->state;
                BOOST_TEST((state == OrderState::waiting || state == OrderState::complete ||
                            state == OrderState::cancelled),
                           what);
                // What the gateway kept is what the shop was paid, and goods are out only for that.
                std::int64_t kept = 0;
                scene.rows.run([&](Transaction& transaction) {
                    for (std::int64_t id = 1; id < 100; ++id) {
                        const auto payment = transaction.payments().find({id});
                        if (!payment) continue;
                        if (payment->state == PaymentState::succeeded ||
                            payment->state == PaymentState::refunded)
                            kept += payment->amount.minorUnits() - payment->refunded.minorUnits();
                    }
                    return Ending::rollback;
                });
                BOOST_TEST(scene.gateway.earned() == kept, what);
                BOOST_TEST((kept > 0) == (state == OrderState::complete), what);
                BOOST_TEST(scene.stock() == (state == OrderState::cancelled ? 5 : 3), what);
                if (!crashed) break;
                BOOST_REQUIRE(at < 200);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
