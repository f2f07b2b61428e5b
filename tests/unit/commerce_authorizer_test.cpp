// The combined path keeps the promises of the one-by-one path: commerce_idempotency_test.cpp.
#include "commerce/authorizer.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/fake_authorization_batches.hpp"
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
    testing::FakeAuthorizationBatches batches{connection};
    IdempotentRunner runner{connection};
    Authorizer authorizer{batches, runner, clock};

    IdempotentOutcome send(const IdempotencyRequest& request = kRequest) {
        const auto command = testing::valid(Authorize{"shop", core::Money{5}, "EUR", "order 7", {}});
        return authorizer.authorize(request, command, [](const Payment& payment) {
            return Reply{201, std::to_string(payment.id.value), true};
        });
    }
    std::size_t stored() const { return rows.events().size(); }
};

const std::string& bodyOf(const IdempotentOutcome& outcome) { return std::get<Fresh>(outcome).reply.body; }

} // namespace

BOOST_FIXTURE_TEST_SUITE(commerce_authorizer, Shop)

BOOST_AUTO_TEST_CASE(an_authorization_is_stored_with_its_event_and_its_answer) {
    const auto first = send();
    const auto payment = rows.payment(PaymentId{std::stoll(bodyOf(first))}).value();
    BOOST_TEST(payment.merchant.value() == "shop");
    BOOST_TEST((payment.state == PaymentState::succeeded));
    const auto event = rows.events().at(0);
    BOOST_TEST(event.type == "PaymentAuthorized");
    BOOST_TEST(event.orderKey == bodyOf(first));
    const auto again = std::get<Replayed>(send());
    BOOST_TEST(again.reply.status == 201);
    BOOST_TEST(again.reply.body == bodyOf(first));
    BOOST_TEST(stored() == 1);
}

BOOST_AUTO_TEST_CASE(another_body_under_a_used_key_is_refused_and_another_clients_key_is_another) {
    send();
    BOOST_TEST(std::holds_alternative<KeyReused>(send(kOtherBody)));
    BOOST_TEST(std::holds_alternative<Fresh>(send({"client-2", "k1", RequestHash{1}})));
}

BOOST_AUTO_TEST_CASE(a_key_that_is_being_worked_on_is_not_waited_for) {
    rows.hold("client-1", "k1");
    BOOST_TEST((std::get<InProgress>(send()).retryAfter == 1s));
    rows.letGo();
    BOOST_TEST(std::holds_alternative<Fresh>(send()));
}

BOOST_AUTO_TEST_CASE(whoever_is_overtaken_gets_the_winners_answer_and_stores_nothing) {
    rows.overtakeNextKeyWith({kRequest.hash, true, {}, 201, "of the winner", clock.today() + 24h});
    BOOST_TEST(std::get<Replayed>(send()).reply.body == "of the winner");
    BOOST_TEST(stored() == 0);
}

BOOST_AUTO_TEST_CASE(a_record_without_its_answer_is_in_progress) {
    rows.overtakeNextKeyWith({kRequest.hash, false, {}, 0, "", clock.today() + 24h});
    BOOST_TEST(std::holds_alternative<InProgress>(send()));
}

BOOST_AUTO_TEST_CASE(a_key_can_be_used_again_after_a_day) {
    send();
    clock.advance(24h - 1us);
    BOOST_TEST(std::holds_alternative<Replayed>(send()));
    clock.advance(1us);
    const auto next = bodyOf(send(kOtherBody));
    BOOST_TEST(std::get<Replayed>(send(kOtherBody)).reply.body == next);
    BOOST_TEST(stored() == 2);
}

BOOST_AUTO_TEST_CASE(a_commit_whose_answer_was_lost_is_found_and_not_repeated) {
    connection.loseAnswers(1);
    BOOST_TEST(std::get<Fresh>(send()).reply.status == 201);
    BOOST_TEST(stored() == 1);
}

BOOST_AUTO_TEST_CASE(a_commit_that_never_arrived_is_done_again) {
    connection.loseCommits(2);
    BOOST_TEST(std::get<Fresh>(send()).reply.status == 201);
    BOOST_TEST(stored() == 1);
}

BOOST_AUTO_TEST_CASE(a_database_that_is_away_is_not_asked_twice) {
    struct Away final : UnitOfWork {
        int calls = 0;
        void run(const std::function<Ending(Transaction&)>&) override {
            ++calls;
            throw core::Error(core::ErrorKind::unavailable, "away");
        }
    } away;
    testing::FakeAuthorizationBatches none{away};
    IdempotentRunner oneByOne{away};
    Authorizer shut{none, oneByOne, clock};
    const auto command = testing::valid(Authorize{"shop", core::Money{5}, "EUR", "order 7", {}});
    BOOST_CHECK_EXCEPTION(
        shut.authorize(kRequest, command, [](const Payment&) { return Reply{}; }), core::Error,
        [](const core::Error& error) { return error.kind() == core::ErrorKind::unavailable; });
    BOOST_TEST(away.calls == 1);
}

// While a first batch is held up in its transaction, everything else gathers behind it.
struct Gathered : Shop {
    struct Gate final : AuthorizationBatches {
        explicit Gate(AuthorizationBatches& real) : real_(real) {}
        void run(const std::function<Ending(AuthorizationBatch&)>& work) override {
            if (!entered_.test_and_set()) {
                begun.count_down();
                open.wait();
            }
            real_.run(work);
        }
        std::latch begun{1};
        std::latch open{1};

    private:
        AuthorizationBatches& real_;
        std::atomic_flag entered_;
    };
    Gate gate{batches};
    Authorizer oneLeader{gate, runner, clock, 24h, {.leaders = 1, .wait = 60s}};

    // Outcomes of `requests`, which shared one batch.
    std::vector<IdempotentOutcome> together(const std::vector<IdempotencyRequest>& requests) {
        const auto command = testing::valid(Authorize{"shop", core::Money{5}, "EUR", "order 7", {}});
        const auto render = [](const Payment& payment) {
            return Reply{201, std::to_string(payment.id.value), true};
        };
        std::vector<IdempotentOutcome> outcomes(requests.size());
        {
            std::jthread first([&] {
                oneLeader.authorize({"client-1", "first", RequestHash{9}}, command, render);
            });
            gate.begun.wait();
            std::vector<std::jthread> others;
            for (std::size_t i = 0; i < requests.size(); ++i) {
                others.emplace_back(
                    [&, i] { outcomes[i] = oneLeader.authorize(requests[i], command, render); });
                while (oneLeader.waiting() < i + 1) std::this_thread::yield();
            }
            gate.open.count_down();
        }
        return outcomes;
    }
};

BOOST_FIXTURE_TEST_CASE(each_request_of_a_batch_has_its_own_fate, Gathered) {
    const auto used = bodyOf(send({"client-1", "used", RequestHash{3}}));
    const auto outcomes = together({{"client-1", "a", RequestHash{1}},
                                    {"client-1", "used", RequestHash{3}}, // sent before
                                    {"client-1", "used2", RequestHash{1}},
                                    {"client-1", "a", RequestHash{1}}, // its twin, in the same batch
                                    {"client-1", "a", RequestHash{2}}, // the same key for another body
                                    {"client-2", "a", RequestHash{2}}});
    BOOST_TEST(batches.sizes() == (std::vector<std::size_t>{1, 1, 4}), boost::test_tools::per_element());
    const auto& a = bodyOf(outcomes[0]);
    BOOST_TEST(std::get<Replayed>(outcomes[1]).reply.body == used);
    BOOST_TEST(std::get<Replayed>(outcomes[3]).reply.body == a);
    BOOST_TEST(std::holds_alternative<KeyReused>(outcomes[4]));
    BOOST_TEST((std::set{a, bodyOf(outcomes[2]), bodyOf(outcomes[5])}.size()) == 3);
    BOOST_TEST(stored() == 5);
}

BOOST_FIXTURE_TEST_CASE(a_key_that_another_transaction_holds_delays_no_other_request_of_its_batch, Gathered) {
    rows.hold("client-1", "held");
    const auto outcomes = together({{"client-1", "a", RequestHash{1}},
                                    {"client-1", "held", RequestHash{1}},
                                    {"client-1", "b", RequestHash{1}}});
    BOOST_TEST(std::holds_alternative<InProgress>(outcomes[1]));
    BOOST_TEST(bodyOf(outcomes[0]) != bodyOf(outcomes[2]));
    BOOST_TEST(stored() == 3);
}

BOOST_FIXTURE_TEST_CASE(a_batch_of_unknown_outcome_is_looked_up_request_by_request, Gathered) {
    // The first batch's commit comes through unseen; so does that of the second one.
    connection.loseAnswers(1);
    const auto outcomes = together({{"client-1", "a", RequestHash{1}}, {"client-1", "b", RequestHash{1}}});
    BOOST_TEST(bodyOf(outcomes[0]) != bodyOf(outcomes[1]));
    BOOST_TEST(stored() == 3);
}

BOOST_AUTO_TEST_SUITE_END()
