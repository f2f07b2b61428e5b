// One Idempotency-Key, one effect, on the real database.
#include "commerce/idempotency.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/lossy_commits.hpp"
#include "tests/support/mysql_shop.hpp"
#include "tests/support/shop_verbs.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <set>

using namespace outboxd;
using namespace outboxd::commerce;
using outboxd::testing::crowd;

namespace {

const IdempotencyRequest kRequest{"client-1", "k1", RequestHash{1}};

struct Shop : testing::MySqlShop {
    testing::LossyCommits connection{unitOfWork()};
    IdempotentRunner runner{connection};
    UserId ann = testing::ShopVerbs{unitOfWork()}.userWith("ann", 0);

    Reply charge(Transaction& transaction) const {
        const auto result =
            chargePoints(transaction, testing::valid(ChargePoints{ann, core::Money{100}, std::nullopt}));
        return {201, std::to_string(std::get<Charged>(result).balance.minorUnits()), true};
    }
    IdempotentOutcome send(const IdempotencyRequest& request = kRequest) {
        return runner.run(request, [this](Transaction& transaction) { return charge(transaction); });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(shop_idempotency, Shop)

BOOST_AUTO_TEST_CASE(fifty_threads_with_one_key_have_one_effect_and_one_answer) {
    std::mutex mutex;
    std::multiset<std::string> answers; // guarded by mutex
    int fresh = 0;
    int inProgress = 0;
    crowd(50, [&](int) {
        const auto outcome = send();
        const std::lock_guard lock(mutex);
        if (const auto* first = std::get_if<Fresh>(&outcome)) {
            ++fresh;
            answers.insert(first->reply.body);
        } else if (const auto* again = std::get_if<Replayed>(&outcome)) {
            answers.insert(again->reply.body);
        } else {
            BOOST_REQUIRE(std::holds_alternative<InProgress>(outcome));
            ++inProgress;
        }
    });
    BOOST_TEST(fresh == 1);
    BOOST_TEST(answers.count("100") + static_cast<std::size_t>(inProgress) == 50);
    BOOST_TEST(reader().balance(ann)->minorUnits() == 100);
    BOOST_TEST(number("SELECT COUNT(*) FROM point_history") == 1);
    BOOST_TEST(number("SELECT COUNT(*) FROM outbox_event") == 1);
    BOOST_TEST(std::get<Replayed>(send()).reply.body == "100");
}

BOOST_AUTO_TEST_CASE(a_crowd_that_meets_on_an_expired_key_has_one_effect_too) {
    send();
    database().session()->textExecute("UPDATE idempotency_key SET expires_at = '2026-01-01'");
    std::atomic<int> fresh{0};
    crowd(20, [&](int) {
        if (std::holds_alternative<Fresh>(send({"client-1", "k1", RequestHash{2}}))) ++fresh;
    });
    BOOST_TEST(fresh == 1);
    BOOST_TEST(reader().balance(ann)->minorUnits() == 200);
}

BOOST_AUTO_TEST_CASE(while_a_request_runs_its_twin_is_told_so_at_once) {
    const auto outcome = runner.run(kRequest, [&](Transaction& transaction) {
        // On another session, in the middle of the first one's transaction.
        BOOST_TEST(std::holds_alternative<InProgress>(send()));
        return charge(transaction);
    });
    BOOST_TEST(std::holds_alternative<Fresh>(outcome));
    BOOST_TEST(reader().balance(ann)->minorUnits() == 100);
}

BOOST_AUTO_TEST_CASE(another_body_under_a_used_key_is_refused) {
    send();
    BOOST_TEST(std::holds_alternative<KeyReused>(send({"client-1", "k1", RequestHash{2}})));
    BOOST_TEST(std::holds_alternative<Fresh>(send({"client-2", "k1", RequestHash{2}})));
}

BOOST_AUTO_TEST_CASE(a_refusal_leaves_nothing_behind) {
    const auto outcome = runner.run(kRequest, [&](Transaction& transaction) {
        charge(transaction);
        return Reply{409, "no", false};
    });
    BOOST_TEST(std::get<Fresh>(outcome).reply.status == 409);
    for (const std::string table : {"idempotency_key", "point_history", "outbox_event", "outbox_queue"}) {
        BOOST_TEST(number("SELECT COUNT(*) FROM " + table) == 0, table);
    }
    BOOST_TEST(reader().balance(ann)->minorUnits() == 0);
    BOOST_TEST(rings() == 0);
}

BOOST_AUTO_TEST_CASE(a_commit_whose_answer_was_lost_is_found_and_one_that_never_arrived_is_repeated) {
    connection.loseAnswers(1);
    BOOST_TEST(std::get<Fresh>(send()).reply.body == "100");
    connection.loseCommits(2);
    BOOST_TEST(std::get<Fresh>(send({"client-1", "k2", RequestHash{1}})).reply.body == "200");
    BOOST_TEST(reader().balance(ann)->minorUnits() == 200);
    BOOST_TEST(number("SELECT COUNT(*) FROM point_history") == 2);
}

BOOST_AUTO_TEST_CASE(a_killed_connection_leaves_nothing_and_the_key_is_free) {
    const std::function<Reply(Transaction&)> dying = [&](Transaction& transaction) {
        auto reply = charge(transaction);
        const auto victim = number("SELECT trx_mysql_thread_id FROM information_schema.innodb_trx "
                                   "JOIN information_schema.processlist ON id = trx_mysql_thread_id "
                                   "WHERE db = '" +
                                   schema().name() + "' AND trx_rows_modified > 0");
        database().session()->textExecute("KILL CONNECTION " + std::to_string(victim));
        return reply; // the record of the answer cannot be written any more
    };
    BOOST_CHECK_THROW(runner.run(kRequest, dying), core::Error);
    BOOST_TEST(reader().balance(ann)->minorUnits() == 0);
    auto outcome = send();
    // The server gives the row back when it has noticed that the connection is dead, which is soon.
    for (int i = 0; i < 10'000 && std::holds_alternative<InProgress>(outcome); ++i) outcome = send();
    BOOST_TEST(std::holds_alternative<Fresh>(outcome));
}

BOOST_AUTO_TEST_SUITE_END()
