// What Database::transact promises: all or nothing, retried when that can help, and honest when it cannot know.
#include "platform/database/database.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/tcp_proxy.hpp"
#include "tests/support/test_database.hpp"

#include <barrier>
#include <optional>
#include <thread>

using namespace outboxd;
using namespace std::chrono_literals;
using core::ErrorKind;
using database::Database;
using database::Pool;
using database::Session;
using testing::errorOf;
using testing::Schema;
using testing::TcpProxy;
using testing::TestDatabase;

namespace {

constexpr database::Statement kInsert{"test.insert", "INSERT INTO t (id) VALUES (?)"};
constexpr database::Statement kCount{"test.count", "SELECT COUNT(*) FROM t"};
constexpr database::Statement kAdd{"test.add", "UPDATE account SET balance = balance + 1 WHERE id = ?"};
constexpr database::Statement kLock{"test.lock", "SELECT id FROM account WHERE id = ? FOR UPDATE"};
constexpr database::Statement kNoWait{"test.nowait", "SELECT id FROM account WHERE id = ? FOR UPDATE NOWAIT"};

struct Fixture {
    TestDatabase schema{Schema::empty};
    Session admin{schema.settings()};
    core::SystemClock clock;

    Fixture() {
        admin.textExecute("CREATE TABLE t (id INT PRIMARY KEY)");
        admin.textExecute("CREATE TABLE account (id INT PRIMARY KEY, balance INT NOT NULL)");
        admin.textExecute("INSERT INTO account VALUES (1, 0), (2, 0)");
    }
    std::int64_t rows() { return admin.query(kCount)[0].integer(0); }

    database::ConnectionSettings through(const TcpProxy& proxy) const {
        auto settings = schema.settings();
        settings.host = "127.0.0.1";
        settings.port = proxy.port();
        settings.socket.clear();
        settings.statementTimeout = 100ms;
        return settings;
    }
};

int insert(Session& session, int id) {
    session.execute(kInsert, {id});
    return id;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(database_transaction, Fixture)

BOOST_AUTO_TEST_CASE(the_works_value_is_returned_after_the_commit) {
    Pool pool{schema.settings(), {}, clock};
    Database database{pool, {}};
    BOOST_TEST(database.transact([](Session& session) { return insert(session, 7); }) == 7);
    BOOST_TEST(rows() == 1);
}

BOOST_AUTO_TEST_CASE(an_ending_may_roll_back_and_still_return) {
    Pool pool{schema.settings(), {}, clock};
    Database database{pool, {}};
    const auto refused = [](int) { return database::Ending::rollback; };
    BOOST_TEST(database.transact([](Session& session) { return insert(session, 7); }, refused) == 7);
    BOOST_TEST(rows() == 0);
}

BOOST_AUTO_TEST_CASE(an_exception_from_the_work_rolls_back) {
    Pool pool{schema.settings(), {.sessions = 1}, clock};
    Database database{pool, {}};
    BOOST_CHECK_THROW(database.transact([](Session& session) -> int {
        insert(session, 1);
        throw std::runtime_error("no");
    }),
                      std::runtime_error);
    BOOST_CHECK_THROW(database.transact([](Session& session) {
        insert(session, 1);
        return insert(session, 1);
    }),
                      database::DuplicateKey);
    BOOST_TEST(rows() == 0);
    BOOST_TEST(pool.figures().idle == 1U);
}

BOOST_AUTO_TEST_CASE(a_deadlock_is_rolled_back_and_tried_again) {
    Pool pool{schema.settings(), {}, clock};
    Database database{pool, {}};
    std::barrier bothHoldOne{2};
    std::atomic<int> runs{0};
    const auto crosswise = [&](int first, int second) {
        bool met = false;
        database.transact([&](Session& session) {
            ++runs;
            session.execute(kAdd, {first});
            if (!met) {
                met = true;
                bothHoldOne.arrive_and_wait();
            }
            session.execute(kAdd, {second});
            return 0;
        });
    };
    std::thread other{[&] { crosswise(2, 1); }};
    crosswise(1, 2);
    other.join();
    BOOST_TEST(runs == 3);
    static constexpr database::Statement balances{"test.balances",
                                                  "SELECT MIN(balance), MAX(balance) FROM account"};
    const auto row = admin.query(balances)[0];
    BOOST_TEST(row.integer(0) == 2);
    BOOST_TEST(row.integer(1) == 2);
}

BOOST_AUTO_TEST_CASE(a_lock_wait_that_ends_rolls_the_whole_transaction_back) {
    // 1205 undoes the statement only; a COMMIT after it would keep half of the work.
    auto settings = schema.settings();
    settings.lockWait = 1s;
    Pool pool{settings, {.sessions = 1}, clock};
    Database database{pool, {.attempts = 1}};
    admin.begin();
    admin.query(kLock, {1});
    BOOST_CHECK_THROW(database.transact([](Session& session) {
        insert(session, 1);
        return session.execute(kAdd, {1});
    }),
                      database::LockNotAvailable);
    admin.rollback();
    database.session()->textExecute("DO 0"); // the same session, which must not commit the insert now
    BOOST_TEST(rows() == 0);
}

BOOST_AUTO_TEST_CASE(a_lock_asked_for_without_waiting_is_refused_at_once) {
    Session other{schema.settings()};
    admin.begin();
    admin.query(kLock, {1});
    other.begin();
    BOOST_CHECK_THROW(other.query(kNoWait, {1}), database::LockNotAvailable);
    BOOST_TEST(other.query(kNoWait, {2}).size() == 1U); // the transaction is still open
    other.rollback();
}

BOOST_AUTO_TEST_CASE(attempts_are_bounded) {
    Pool pool{schema.settings(), {}, clock};
    Database database{pool, {.attempts = 3, .firstDelay = 0ms}};
    int runs = 0;
    const auto error = errorOf([&] {
        database.transact([&](Session&) -> int {
            ++runs;
            throw core::Error(ErrorKind::contention, "again");
        });
    });
    BOOST_TEST(error.kind() == ErrorKind::contention);
    BOOST_TEST(runs == 3);
}

BOOST_AUTO_TEST_CASE(a_connection_lost_while_committing_is_reported_as_unknown_and_never_run_again) {
    for (const auto when : {TcpProxy::Cut::beforeServer, TcpProxy::Cut::afterReply}) {
        const auto server = TestDatabase::server();
        TcpProxy proxy{server.host, server.port};
        proxy.cut("\3COMMIT", when); // COM_QUERY and its text; READ COMMITTED must not match
        Pool pool{through(proxy), {}, clock};
        Database database{pool, {}};
        int runs = 0;
        const auto error = errorOf([&] {
            database.transact([&](Session& session) {
                ++runs;
                return insert(session, 1);
            });
        });
        BOOST_TEST(error.kind() == ErrorKind::outcome_unknown);
        BOOST_TEST(runs == 1);
        BOOST_TEST(rows() == (when == TcpProxy::Cut::afterReply ? 1 : 0)); // both happen, hence the name
        BOOST_TEST(pool.figures().open == 0U);
        BOOST_TEST(database.transact([&](Session& session) { return insert(session, 2); }) == 2);
        admin.textExecute("DELETE FROM t");
    }
}

BOOST_AUTO_TEST_CASE(a_connection_lost_before_the_commit_is_certainly_rolled_back) {
    const auto server = TestDatabase::server();
    TcpProxy proxy{server.host, server.port};
    Pool pool{through(proxy), {}, clock};
    Database database{pool, {}};
    proxy.cut("INSERT INTO nothing", TcpProxy::Cut::afterReply);
    const auto error = errorOf([&] {
        database.transact([&](Session& session) {
            insert(session, 1);
            return session.textExecute("INSERT INTO nothing VALUES (1)");
        });
    });
    BOOST_TEST(error.kind() == ErrorKind::unavailable);
    BOOST_TEST(rows() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
