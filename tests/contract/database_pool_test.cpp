// What the pool promises under load and after trouble.
#include "platform/database/pool.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/test_database.hpp"

#include <future>
#include <optional>
#include <thread>

using namespace outboxd;
using namespace std::chrono_literals;
using core::ErrorKind;
using database::Pool;
using database::PoolSettings;
using database::Session;
using testing::errorOf;
using testing::Schema;
using testing::TestDatabase;

namespace {

constexpr database::Statement kId{"test.connection_id", "SELECT CONNECTION_ID()"};
constexpr database::Statement kAlive{"test.alive",
                                     "SELECT COUNT(*) FROM information_schema.processlist WHERE id = ?"};
constexpr database::Statement kCount{"test.count", "SELECT COUNT(*) FROM t"};

struct Fixture {
    TestDatabase schema{Schema::empty};
    Session admin{schema.settings()};
    testing::ManualClock clock;
    std::optional<Pool> pool;

    Pool& make(PoolSettings settings) {
        // Waits are real time; none of the tests depends on how long they are.
        return pool.emplace(schema.settings(), settings, clock);
    }
    static std::int64_t idOf(Session& session) { return session.query(kId)[0].integer(0); }
    void kill(std::int64_t id) {
        admin.textExecute("KILL " + std::to_string(id));
        while (admin.query(kAlive, {id})[0].integer(0) != 0) std::this_thread::yield();
    }
    void untilWaiting(std::size_t count) {
        while (pool->figures().waiting != count) std::this_thread::yield();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(database_pool, Fixture)

BOOST_AUTO_TEST_CASE(a_session_is_reused) {
    make({});
    const auto id = idOf(*pool->acquire());
    BOOST_TEST(idOf(*pool->acquire()) == id);
    BOOST_TEST(pool->figures().open == 1U);
    BOOST_TEST(pool->figures().idle == 1U);
    BOOST_TEST(pool->figures().connected == 1U);
}

BOOST_AUTO_TEST_CASE(the_seventeenth_caller_waits_for_one_of_sixteen_sessions) {
    make({.sessions = 16, .waiters = 1, .wait = 60s});
    std::vector<Pool::Lease> leases;
    for (int i = 0; i < 16; ++i) leases.push_back(pool->acquire());
    const auto id = idOf(*leases.front());
    auto late = std::async(std::launch::async, [&] { return idOf(*pool->acquire()); });
    untilWaiting(1);
    BOOST_TEST(errorOf([&] { pool->acquire(); }).kind() == ErrorKind::overloaded);
    BOOST_TEST(pool->figures().refused == 1U);
    leases.front().release();
    BOOST_TEST(late.get() == id);
    BOOST_TEST(pool->figures().open == 16U);
}

BOOST_AUTO_TEST_CASE(waiting_callers_are_served_in_the_order_they_came) {
    make({.sessions = 1, .waiters = 8, .wait = 60s});
    auto held = std::make_unique<Pool::Lease>(pool->acquire());
    std::vector<int> order; // the one session guards it
    std::vector<std::thread> callers;
    for (int i = 0; i < 8; ++i) {
        callers.emplace_back([&, i] {
            auto lease = pool->acquire();
            order.push_back(i);
        });
        untilWaiting(static_cast<std::size_t>(i) + 1);
    }
    held.reset();
    for (auto& caller : callers) caller.join();
    BOOST_TEST(order == (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_wait_ends_with_a_refusal) {
    make({.sessions = 1, .wait = 5ms});
    const auto held = pool->acquire();
    const auto error = errorOf([&] { pool->acquire(); });
    BOOST_TEST(error.kind() == ErrorKind::overloaded);
    BOOST_TEST(error.hint().find("database.pool_size") != std::string::npos);
    BOOST_TEST(pool->figures().timedOut == 1U);
    BOOST_TEST(pool->figures().waiting == 0U);
}

BOOST_AUTO_TEST_CASE(a_killed_session_is_evicted_after_one_failure_and_its_neighbours_are_checked) {
    make({});
    std::int64_t first = 0, second = 0;
    {
        const auto one = pool->acquire();
        const auto two = pool->acquire();
        first = idOf(*one);
        second = idOf(*two);
    }
    kill(first);
    kill(second);
    int failures = 0;
    for (int use = 0; use < 10; ++use) {
        const auto one = pool->acquire();
        try {
            idOf(*one);
        } catch (const core::Error& error) {
            ++failures;
            BOOST_TEST(error.kind() == ErrorKind::unavailable);
        }
    }
    BOOST_TEST(failures == 1);
    BOOST_TEST(pool->figures().discarded == 2U);
    BOOST_TEST(pool->figures().open == 1U);
}

BOOST_AUTO_TEST_CASE(a_session_idle_for_long_is_checked_before_it_is_given_out) {
    make({.idleCheck = 30s});
    const auto id = idOf(*pool->acquire());
    kill(id);
    clock.advance(31s);
    BOOST_TEST(idOf(*pool->acquire()) != id);
    BOOST_TEST(pool->figures().discarded == 1U);
    BOOST_TEST(pool->figures().open == 1U);
}

BOOST_AUTO_TEST_CASE(an_old_session_is_replaced) {
    make({.maximumAge = 1800s});
    const auto id = idOf(*pool->acquire());
    clock.advance(1800s);
    BOOST_TEST(idOf(*pool->acquire()) == id);
    clock.advance(1s);
    BOOST_TEST(idOf(*pool->acquire()) != id);
}

BOOST_AUTO_TEST_CASE(a_transaction_left_open_is_rolled_back_on_return) {
    make({.sessions = 1});
    admin.textExecute("CREATE TABLE t (id INT PRIMARY KEY)");
    {
        auto lease = pool->acquire();
        lease->begin();
        lease->textExecute("INSERT INTO t VALUES (1)");
    }
    {
        auto lease = pool->acquire();
        lease->textExecute("START TRANSACTION"); // behind the session's back
        lease->textExecute("INSERT INTO t VALUES (2)");
    }
    auto lease = pool->acquire();
    BOOST_TEST(lease->query(kCount)[0].integer(0) == 0);
    lease->textExecute("INSERT INTO t VALUES (3)"); // commits by itself again
    BOOST_TEST(admin.query(kCount)[0].integer(0) == 1);
    BOOST_TEST(pool->figures().connected == 1U);
}

BOOST_AUTO_TEST_CASE(a_use_ended_by_an_exception_leaves_no_state_behind) {
    make({.sessions = 1});
    try {
        auto lease = pool->acquire();
        lease->textExecute("SET @leftover = 1");
        throw std::runtime_error("aborted");
    } catch (const std::runtime_error&) {
    }
    static constexpr database::Statement leftover{"test.leftover", "SELECT @leftover"};
    BOOST_TEST(pool->acquire()->query(leftover)[0].isNull(0));
    BOOST_TEST(pool->figures().connected == 1U);
}

BOOST_AUTO_TEST_CASE(failed_connections_leave_their_place_to_others) {
    auto settings = schema.settings();
    settings.schema = "no_such_schema";
    pool.emplace(settings, PoolSettings{.sessions = 1}, clock);
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(errorOf([&] { pool->acquire(); }).kind() == ErrorKind::misconfigured);
    BOOST_TEST(pool->figures().open == 0U);
}

BOOST_AUTO_TEST_CASE(a_waiting_caller_may_connect_when_a_broken_session_is_dropped) {
    make({.sessions = 1, .wait = 60s});
    auto lease = std::make_unique<Pool::Lease>(pool->acquire());
    const auto id = idOf(**lease);
    auto late = std::async(std::launch::async, [&] { return idOf(*pool->acquire()); });
    untilWaiting(1);
    kill(id);
    BOOST_TEST(!(*lease)->ping());
    lease.reset();
    BOOST_TEST(late.get() != id);
    BOOST_TEST(pool->figures().open == 1U);
}

BOOST_AUTO_TEST_CASE(dropping_closes_what_is_idle) {
    make({});
    const auto id = idOf(*pool->acquire());
    pool->drop();
    BOOST_TEST(pool->figures().open == 0U);
    while (admin.query(kAlive, {id})[0].integer(0) != 0) std::this_thread::yield();
    BOOST_TEST(idOf(*pool->acquire()) != id);
}

BOOST_AUTO_TEST_SUITE_END()
