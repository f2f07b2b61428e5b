// Cards, callbacks, cancels, refunds and the recovery at once, on the real database; the audit holds afterwards.
#include "commerce/mysql/audit.hpp"
#include "platform/core/error.hpp"
#include "sql/payments.hpp"
#include "sql/refunds.hpp"
#include "tests/support/card_verbs.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/mysql_shop.hpp"
#include "tests/support/payment_watch.hpp"
#include "tests/support/scripted_gateway.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using outboxd::testing::crowd;
using Outcome = GatewayAnswer::Outcome;

namespace {

struct Shop : testing::MySqlShop {
    testing::ScriptedGateway gateway;
    testing::MemoryPaymentWatch watch;
    testing::ShopVerbs verbs{unitOfWork()};
    testing::CardVerbs cards{unitOfWork(), gateway, watch, clock()};
    UserId ann = verbs.userWith("ann", 1'000'000);
    ProductId mug = verbs.product("mug", 300, 1000);

    bool requestCancel(OrderId order) {
        return transact(unitOfWork(), [&](Transaction& transaction) {
            return transaction.orders().lock(order) && transaction.orders().requestCancel(order);
        });
    }
    // As if everything that waits had waited long enough, round by round until nothing is left.
    void recoverAll() {
        gateway.forgetScript();
        const auto open = [this] {
            return number("SELECT (SELECT COUNT(*) FROM payment WHERE state IN ('PENDING', 'UNKNOWN')) + "
                          "(SELECT COUNT(*) FROM refund WHERE state IN ('PENDING', 'UNKNOWN'))");
        };
        for (int rounds = 0; open() > 0; ++rounds) {
            BOOST_REQUIRE(rounds < 20);
            const auto session = database().session();
            session->textExecute(
                "UPDATE payment SET next_inquiry_at = '2026-01-01', "
                "created_at = created_at - INTERVAL 1 DAY WHERE state IN ('PENDING', 'UNKNOWN')");
            session->textExecute(
                "UPDATE refund SET next_attempt_at = '2026-01-01' WHERE state IN ('PENDING', 'UNKNOWN')");
            cards.recover();
        }
    }
    std::int64_t count(const std::string& table, const std::string& condition) {
        return number("SELECT COUNT(*) FROM " + table + " WHERE " + condition);
    }
    void requireAudit() {
        // Products and points of a test are made without their claims and adjustments; only what we changed is judged.
        const auto session = database().session();
        for (const auto& check : commerce::mysql::auditChecks()) {
            commerce::mysql::audit(*session, check, {}, [&](const commerce::mysql::Violation& violation) {
                BOOST_ERROR(violation.check << ' ' << violation.subject << ' ' << violation.id
                                            << ": expected " << violation.expected << ", found "
                                            << violation.found);
            });
        }
        BOOST_TEST(
            gateway.earned() ==
            number(
                "SELECT COALESCE(SUM(CASE WHEN state = 'FAILED' THEN 0 ELSE amount - refunded END), 0) FROM payment "
                "WHERE method = 'CARD'"));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(shop_payments, Shop)

BOOST_AUTO_TEST_CASE(five_copies_of_a_callback_beside_the_reply_settle_once) {
    for (int turn = 0; turn < 10; ++turn) {
        const auto order = verbs.placed(ann, mug);
        const auto begun = std::get<Payment>(cards.begin(order, ann));
        crowd(8, [&](int number) {
            if (number == 0) {
                cards.cards.charge(begun, "tok_1", {});
            } else {
                // Five copies of one message, and two of another.
                cards.news((number <= 5 ? "a" : "b") + std::to_string(turn), begun, true);
            }
        });
        BOOST_TEST((reader().order(order)->state == OrderState::complete));
        BOOST_TEST((reader().payment(begun.id)->state == PaymentState::succeeded));
    }
    BOOST_TEST(count("outbox_event", "type = 'PaymentCompleted'") == 10);
    BOOST_TEST(count("gateway_callback", "1 = 1") == 20);
    BOOST_TEST(watch.count("CARD SUCCEEDED") == 10);
    requireAudit();
}

BOOST_AUTO_TEST_CASE(a_cancel_that_races_a_success_is_refunded_once_or_too_late) {
    int refunded = 0;
    for (int turn = 0; turn < 20; ++turn) {
        const auto order = verbs.placed(ann, mug);
        const auto begun = std::get<Payment>(cards.begin(order, ann));
        std::atomic<bool> cancelled{false};
        crowd(4, [&](int number) {
            if (number == 0) cancelled = requestCancel(order);
            if (number == 1) cards.cards.charge(begun, "tok_1", {});
            if (number > 1) cards.news("m" + std::to_string(turn) + std::to_string(number), begun, true);
        });
        const auto state = reader().order(order)->state;
        BOOST_TEST((state == (cancelled ? OrderState::cancelled : OrderState::complete)));
        const auto refunds = reader().refunds(begun.id, {}).items;
        BOOST_TEST(refunds.size() == (cancelled ? 1U : 0U));
        if (cancelled) ++refunded;
    }
    recoverAll();
    BOOST_TEST(count("payment", "state = 'REFUNDED'") == refunded);
    BOOST_TEST(gateway.earned() == (20 - refunded) * 300);
    requireAudit();
}

BOOST_AUTO_TEST_CASE(contradictions_from_all_sides_at_once_leave_one_truth) {
    for (int turn = 0; turn < 20; ++turn) {
        const auto order = verbs.placed(ann, mug);
        const auto begun = std::get<Payment>(cards.begin(order, ann));
        crowd(4, [&](int number) {
            const Outcome outcomes[] = {Outcome::succeeded, Outcome::declined, Outcome::unknown,
                                        Outcome::pending};
            cards.answer(begun.id, outcomes[number]);
        });
        // Whoever was first counts; a success after a failure goes back.
        const auto payment = reader().payment(begun.id).value();
        gateway.decide(begun.gatewayKey.value(), Outcome::succeeded);
        BOOST_TEST((payment.state == PaymentState::succeeded || payment.state == PaymentState::failed));
        BOOST_TEST(payment.refunded.minorUnits() == (payment.state == PaymentState::failed ? 300 : 0));
    }
    recoverAll();
    BOOST_TEST(count("compensation", "target = 'REFUND' AND state <> 'DONE'") == 0);
    BOOST_TEST(count("compensation", "target = 'REFUND'") == count("payment", "state = 'FAILED'"));
}

BOOST_AUTO_TEST_CASE(an_owed_refund_that_was_declined_is_done_by_hand) {
    const auto order = verbs.placed(ann, mug);
    const auto begun = std::get<Payment>(cards.begin(order, ann));
    requestCancel(order);
    cards.cards.charge(begun, "tok_1", {});
    gateway.declineNext();
    cards.recover();
    BOOST_TEST(count("compensation", "target = 'REFUND' AND state = 'PENDING'") == 1);
    BOOST_TEST((cards.refund(begun.id).state == RefundState::succeeded));
    BOOST_TEST(count("compensation", "target = 'REFUND' AND state = 'DONE'") == 1);
    BOOST_TEST(gateway.earned() == 0);
    requireAudit();
}

BOOST_AUTO_TEST_CASE(refunds_never_exceed_the_payment_whoever_asks) {
    const auto order = verbs.placed(ann, mug, 10);
    const auto payment = cards.pay(order, ann);
    std::atomic<int> given{0};
    crowd(16, [&](int) {
        const auto result = cards.requestRefund(payment.id, 700, {{mug, 2}});
        if (const auto* begun = std::get_if<Refund>(&result)) {
            cards.cards.refund(*begun, {});
            ++given;
        }
    });
    BOOST_TEST(given == 4); // of 3000
    BOOST_TEST(gateway.earned() == 200);
    BOOST_TEST(reader().product(mug)->stock == 998);
    requireAudit();
}

BOOST_AUTO_TEST_CASE(a_crowd_with_everything_at_once_ends_consistent) {
    std::vector<ProductId> products{mug, verbs.product("pen", 20, 1000), verbs.product("cup", 7, 1000)};
    std::atomic<int> message{0};
    crowd(8, [&](int number) {
        for (int i = 0; i < 12; ++i) {
            const auto dice = number * 31 + i * 7;
            const auto order = verbs.placed(ann, products[static_cast<std::size_t>(dice % 3)], 1 + dice % 2);
            if (dice % 5 == 0) {
                const auto paid = verbs.pay(order, ann);
                if (const auto* done = std::get_if<Paid>(&paid)) cards.requestRefund(done->payment.id);
                continue;
            }
            if (dice % 5 == 1) gateway.declineNext();
            if (dice % 5 == 2) gateway.timeOutThenSucceed();
            if (dice % 5 == 3) gateway.loseNext();
            const auto begun = std::get<Payment>(cards.begin(order, ann));
            if (dice % 7 == 0) requestCancel(order);
            const auto paid = cards.cards.charge(begun, "tok_1", {}).payment;
            const auto entry = gateway.ledger()[begun.gatewayKey.value()];
            for (int copy = 0; copy < 5; ++copy) {
                if (entry.outcome != Outcome::succeeded && entry.outcome != Outcome::declined) break;
                const auto id = copy % 2 == 0 ? "m" + std::to_string(number) + "-" + std::to_string(i)
                                              : "n" + std::to_string(++message);
                cards.news(id, begun, entry.outcome == Outcome::succeeded);
            }
            if (paid.state == PaymentState::succeeded && dice % 3 == 0) {
                const auto refund = cards.requestRefund(paid.id);
                if (const auto* begunRefund = std::get_if<Refund>(&refund))
                    cards.cards.refund(*begunRefund, {});
            }
        }
    });
    recoverAll();
    BOOST_TEST(count("orders", "state = 'PAYING'") == 0);
    BOOST_TEST(watch.count("alert payment_success_after_failure") == 0);
    requireAudit();
}

BOOST_AUTO_TEST_CASE(what_waits_for_the_gateway_is_found_by_index) {
    for (int i = 0; i < 60; ++i) {
        const auto payment = cards.pay(verbs.placed(ann, mug), ann);
        cards.refund(payment.id, 1);
    }
    const auto session = database().session();
    // Of few rows the server may rather read all: it counts the entries of those that waited until they are purged.
    session->textExecute("INSERT INTO payment (method, amount, state) "
                         "SELECT 'AUTHORIZATION', 1, 'SUCCEEDED' FROM seq_1_to_3000");
    session->textExecute("INSERT INTO refund (payment_id, amount, state, origin, reason) "
                         "SELECT id, 1, 'FAILED', 'REQUEST', 'none' FROM payment");
    session->textQuery("ANALYZE TABLE payment, refund", [](auto) {});
    const auto indexOf = [&](std::string statement, const std::vector<std::string>& literals) {
        for (const auto& literal : literals) statement.replace(statement.find('?'), 1, literal);
        std::string index;
        session->textQuery("EXPLAIN " + statement, [&](auto row) {
            index = row[5].data() == nullptr ? "none" : std::string{row[5]};
        });
        return index;
    };
    const std::string now = "'2026-01-01'";
    // Keys that are there: of others the plan says no more than that they are not.
    const auto keyIn = [&](const std::string& table) {
        std::string key;
        session->textQuery("SELECT gateway_key FROM " + table + " WHERE gateway_key IS NOT NULL LIMIT 1",
                           [&](auto row) { key = "'" + std::string{row[0]} + "'"; });
        return key;
    };
    BOOST_TEST(indexOf(std::string{sql::payments::due_payments.text}, {now, "100"}) == "payment_state");
    BOOST_TEST(indexOf(std::string{sql::payments::payment_by_gateway_key.text}, {keyIn("payment")}) ==
               "payment_gateway_key");
    BOOST_TEST(indexOf(std::string{sql::refunds::due_refunds.text}, {now, "100"}) == "refund_state");
    BOOST_TEST(indexOf(std::string{sql::refunds::refund_by_gateway_key.text}, {keyIn("refund")}) ==
               "refund_gateway_key");
    BOOST_TEST(indexOf(std::string{sql::refunds::refunded_for_good.text}, {"7"}) == "refund_payment");
}

BOOST_AUTO_TEST_SUITE_END()
