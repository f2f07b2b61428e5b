#include "commerce/idempotency.hpp"
#include "platform/core/error.hpp"
#include "tests/support/fake_shop.hpp"
#include "tests/support/lossy_commits.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/shop_verbs.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using namespace std::chrono_literals;

namespace {

const IdempotencyRequest kRequest{"client-1", "k1", RequestHash{1}};
const IdempotencyRequest kOtherBody{"client-1", "k1", RequestHash{2}};

struct Shop {
    testing::ManualClock clock;
    testing::FakeShop rows{clock};
    testing::LossyCommits connection{rows};
    IdempotentRunner runner{connection};
    UserId ann = testing::ShopVerbs{rows}.userWith("ann", 0);
    int calls = 0;

    // Charges 100 points and answers with the balance.
    Reply charge(Transaction& transaction) {
        ++calls;
        const auto result =
            chargePoints(transaction, testing::valid(ChargePoints{ann, core::Money{100}, std::nullopt}));
        return {201, std::to_string(std::get<Charged>(result).balance.minorUnits()), true};
    }
    IdempotentOutcome send(const IdempotencyRequest& request = kRequest) {
        return runner.run(request, [this](Transaction& transaction) { return charge(transaction); });
    }
    std::int64_t balance() { return rows.balance(ann)->minorUnits(); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(commerce_idempotency, Shop)

BOOST_AUTO_TEST_CASE(the_second_sending_is_answered_from_memory) {
    BOOST_TEST(std::get<Fresh>(send()).reply.body == "100");
    const auto again = std::get<Replayed>(send());
    BOOST_TEST(again.reply.status == 201);
    BOOST_TEST(again.reply.body == "100");
    BOOST_TEST(balance() == 100);
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(keys_of_other_clients_are_other_keys) {
    send();
    BOOST_TEST(std::get<Fresh>(send({"client-2", "k1", RequestHash{1}})).reply.body == "200");
}

BOOST_AUTO_TEST_CASE(another_body_under_a_used_key_is_refused) {
    send();
    BOOST_TEST(std::holds_alternative<KeyReused>(send(kOtherBody)));
    BOOST_TEST(balance() == 100);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_being_worked_on_is_not_waited_for) {
    rows.hold("client-1", "k1");
    BOOST_TEST((std::get<InProgress>(send()).retryAfter == 1s));
    BOOST_TEST(calls == 0);
    rows.letGo();
    BOOST_TEST(std::holds_alternative<Fresh>(send()));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_rolled_back_and_forgotten) {
    const auto refuse = [this](Transaction& transaction) {
        charge(transaction);
        return Reply{409, "no", false};
    };
    const auto outcome = runner.run(kRequest, refuse);
    BOOST_TEST(std::get<Fresh>(outcome).reply.status == 409);
    BOOST_TEST(balance() == 0);
    BOOST_TEST(std::holds_alternative<Fresh>(send(kOtherBody)));
}

BOOST_AUTO_TEST_CASE(an_exception_leaves_nothing_behind) {
    const auto fail = [this](Transaction& transaction) -> Reply {
        charge(transaction);
        throw core::Error(core::ErrorKind::internal, "broken");
    };
    BOOST_CHECK_THROW(runner.run(kRequest, fail), core::Error);
    BOOST_TEST(balance() == 0);
    BOOST_TEST(std::holds_alternative<Fresh>(send()));
}

BOOST_AUTO_TEST_CASE(a_key_can_be_used_again_after_a_day) {
    send();
    clock.advance(24h - 1us);
    BOOST_TEST(std::holds_alternative<Replayed>(send()));
    clock.advance(1us);
    BOOST_TEST(std::get<Fresh>(send(kOtherBody)).reply.body == "200");
    BOOST_TEST(std::get<Replayed>(send(kOtherBody)).reply.body == "200");
}

BOOST_AUTO_TEST_CASE(whoever_is_overtaken_while_adding_the_key_gets_the_winners_answer) {
    rows.overtakeNextKeyWith({kRequest.hash, true, {}, 201, "of the winner", clock.today() + 24h});
    BOOST_TEST(std::get<Replayed>(send()).reply.body == "of the winner");
    BOOST_TEST(calls == 0);
}

BOOST_AUTO_TEST_CASE(a_record_without_its_answer_is_in_progress) {
    rows.overtakeNextKeyWith({kRequest.hash, false, {}, 0, "", clock.today() + 24h});
    BOOST_TEST(std::holds_alternative<InProgress>(send()));
}

BOOST_AUTO_TEST_CASE(a_commit_whose_answer_was_lost_is_found_and_not_repeated) {
    connection.loseAnswers(1);
    const auto outcome = std::get<Fresh>(send());
    BOOST_TEST(outcome.reply.status == 201);
    BOOST_TEST(outcome.reply.body == "100");
    BOOST_TEST(balance() == 100);
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(a_commit_that_never_arrived_is_done_again) {
    connection.loseCommits(2);
    BOOST_TEST(std::get<Fresh>(send()).reply.body == "100");
    BOOST_TEST(balance() == 100);
    BOOST_TEST(calls == 3);
}

BOOST_AUTO_TEST_CASE(a_commit_that_may_still_be_running_is_in_progress) {
    connection.loseCommits(1);
    const auto outcome = runner.run(kRequest, [this](Transaction& transaction) {
        rows.hold("client-1", "k1"); // the database has not noticed yet that we are gone
        return charge(transaction);
    });
    BOOST_TEST(std::holds_alternative<InProgress>(outcome));
}

BOOST_AUTO_TEST_CASE(a_connection_that_keeps_breaking_is_reported_as_unknown) {
    connection.loseCommits(1000);
    BOOST_CHECK_EXCEPTION(send(), core::Error, [](const core::Error& error) {
        return error.kind() == core::ErrorKind::outcome_unknown;
    });
    BOOST_TEST(balance() == 0);
}

BOOST_AUTO_TEST_CASE(what_goes_on_outside_is_the_answer_for_ever) {
    const auto begin = [this](Transaction& transaction) -> Underway {
        charge(transaction);
        return PaymentId{7};
    };
    const auto first = std::get<Pending>(runner.run(kRequest, begin));
    BOOST_TEST(!first.replayed);
    BOOST_TEST((std::get<PaymentId>(first.what) == PaymentId{7}));
    BOOST_TEST(balance() == 100);
    const auto again = std::get<Pending>(runner.run(kRequest, begin));
    BOOST_TEST(again.replayed);
    BOOST_TEST((std::get<PaymentId>(again.what) == PaymentId{7}));
    BOOST_TEST(calls == 1);
    BOOST_TEST(std::holds_alternative<KeyReused>(runner.run(kOtherBody, begin)));
    clock.advance(24h);
    BOOST_TEST(std::holds_alternative<Fresh>(send(kOtherBody)));
    BOOST_TEST(std::holds_alternative<Replayed>(send(kOtherBody))); // nothing is left of the payment
}

BOOST_AUTO_TEST_CASE(whoever_loses_the_answer_to_its_beginning_goes_on_with_it) {
    connection.loseAnswers(1);
    const auto outcome = std::get<Pending>(runner.run(kRequest, [this](Transaction& transaction) -> Underway {
        charge(transaction);
        return RefundId{8};
    }));
    BOOST_TEST(!outcome.replayed);
    BOOST_TEST((std::get<RefundId>(outcome.what) == RefundId{8}));
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_SUITE_END()
