// Leases on the real table shedlock, beside what Java's ShedLock writes there.
#include "scheduler/mysql/lock_store.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/outbox_database.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::Term;
using scheduler::mysql::MysqlLockStore;

namespace {

// What ShedLock's JDBC provider does with database time (MySqlServerTimeStatementsSource, read in its 4.x to 6.x
// sources): the statements are its own, its holder is the bare host name.
struct JavaNode {
    OutboxDatabase& db;
    std::string host = "app-1";

    void insert(const std::string& name, std::int64_t micros) {
        db.run("INSERT IGNORE INTO shedlock(name, lock_until, locked_at, locked_by) VALUES('" + name +
               "', TIMESTAMPADD(MICROSECOND, " + std::to_string(micros) +
               ", UTC_TIMESTAMP(3)), UTC_TIMESTAMP(3), '" + host + "')");
    }
    bool take(const std::string& name, std::int64_t micros) {
        return db.database.session()->textExecute(
                   "UPDATE shedlock SET lock_until = TIMESTAMPADD(MICROSECOND, " + std::to_string(micros) +
                   ", UTC_TIMESTAMP(3)), locked_at = UTC_TIMESTAMP(3), locked_by = '" + host +
                   "' WHERE name = '" + name + "' AND lock_until <= UTC_TIMESTAMP(3)") > 0;
    }
    void unlock(const std::string& name) {
        db.run(
            "UPDATE shedlock SET lock_until = IF (TIMESTAMPADD(MICROSECOND, 0, locked_at) > UTC_TIMESTAMP(3) , "
            "TIMESTAMPADD(MICROSECOND, 0, locked_at), UTC_TIMESTAMP(3)) WHERE name = '" +
            name + "' AND locked_by = '" + host + "'");
    }
};

void expire(OutboxDatabase& db, const std::string& name) {
    db.run("UPDATE shedlock SET lock_until = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE name = '" + name +
           "'");
}
// Milliseconds that the lock still lasts, by the database's clock.
std::int64_t lasts(OutboxDatabase& db, const std::string& name) {
    return db.number(
        "SELECT TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), lock_until) DIV 1000 FROM shedlock WHERE name = '" +
        name + "'");
}

} // namespace

BOOST_AUTO_TEST_SUITE(lock_store)

BOOST_AUTO_TEST_CASE(a_lock_has_one_holder_at_a_time) {
    OutboxDatabase db;
    const Term mine{"job", "a:1:x"}, theirs{"job", "b:1:y"};
    BOOST_TEST(db.locks.tryLock(mine, 60s));
    BOOST_TEST(!db.locks.tryLock(theirs, 60s));
    BOOST_TEST(!db.locks.tryLock(mine, 60s)); // a term is one acquisition
    BOOST_TEST(db.locks.holderOf("job") == mine.holder);
    BOOST_TEST(lasts(db, "job") > 50'000);
    db.locks.unlock(mine, 0ms);
    BOOST_TEST(db.locks.holderOf("job").empty());
    BOOST_TEST(db.locks.tryLock(theirs, 60s));
}

BOOST_AUTO_TEST_CASE(a_java_nodes_lock_is_respected_and_taken_after_its_expiry) {
    OutboxDatabase db;
    JavaNode java{db};
    java.insert("job", 60'000'000);
    BOOST_TEST(!db.locks.tryLock({"job", "me:1:x"}, 60s));
    BOOST_TEST(db.locks.holderOf("job") == "app-1");
    const std::vector<std::string> names{"job"};
    BOOST_TEST(db.locks.available(names).empty());
    expire(db, "job");
    BOOST_TEST(db.locks.available(names) == names, boost::test_tools::per_element());
    BOOST_TEST(db.locks.tryLock({"job", "me:1:x"}, 60s));
}

BOOST_AUTO_TEST_CASE(a_java_node_respects_ours_and_cannot_release_it) {
    OutboxDatabase db;
    JavaNode java{db, "me"}; // on the same host
    BOOST_TEST(db.locks.tryLock({"job", "me:1:x"}, 60s));
    java.insert("job", 60'000'000);
    BOOST_TEST(!java.take("job", 60'000'000));
    java.unlock("job");
    BOOST_TEST(db.locks.holderOf("job") == "me:1:x");
    db.locks.unlock({"job", "me:1:x"}, 0ms);
    BOOST_TEST(java.take("job", 60'000'000));
    BOOST_TEST(!db.locks.tryLock({"job", "me:1:z"}, 60s));
}

// Java counts found rows, as this session does: an UPDATE that changes nothing is no lost lock.
BOOST_AUTO_TEST_CASE(two_extensions_within_a_millisecond_both_count) {
    OutboxDatabase db;
    const Term term{"job", "me:1:x"};
    BOOST_TEST(db.locks.tryLock(term, 60s));
    for (int i = 0; i < 200; ++i) BOOST_TEST(db.locks.extend(std::span{&term, 1}, 60s).front());
}

BOOST_AUTO_TEST_CASE(an_extension_counts_from_now) {
    OutboxDatabase db;
    const Term term{"job", "me:1:x"};
    BOOST_TEST(db.locks.tryLock(term, 60s));
    db.locks.extend(std::span{&term, 1}, 10s); // shorter, too
    BOOST_TEST(lasts(db, "job") <= 10'000);
    db.locks.extend(std::span{&term, 1}, 600s);
    BOOST_TEST(lasts(db, "job") > 500'000);
}

BOOST_AUTO_TEST_CASE(an_expired_lock_is_not_extended) {
    OutboxDatabase db;
    const Term term{"job", "me:1:x"};
    BOOST_TEST(db.locks.tryLock(term, 60s));
    expire(db, "job");
    BOOST_TEST(!db.locks.extend(std::span{&term, 1}, 60s).front());
    BOOST_TEST(db.locks.holderOf("job").empty());
}

BOOST_AUTO_TEST_CASE(one_extension_of_sixteen_lanes_tells_which_were_lost) {
    OutboxDatabase db;
    std::vector<Term> terms;
    for (scheduler::Lane lane = 0; lane < scheduler::kLanes; ++lane) {
        terms.push_back({scheduler::laneLock(lane), "me:1:" + std::to_string(lane)});
        BOOST_TEST(db.locks.tryLock(terms.back(), 60s));
    }
    const auto before = db.number("SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS "
                                  "WHERE VARIABLE_NAME = 'COM_UPDATE'");
    BOOST_TEST(db.locks.extend(terms, 60s) == std::vector<bool>(16, true), boost::test_tools::per_element());
    BOOST_TEST(db.number("SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS "
                         "WHERE VARIABLE_NAME = 'COM_UPDATE'") -
                   before ==
               1);
    expire(db, scheduler::laneLock(3));
    expire(db, scheduler::laneLock(9));
    BOOST_TEST(db.locks.tryLock({scheduler::laneLock(9), "other:1:x"}, 60s));
    const auto valid = db.locks.extend(terms, 60s);
    for (std::size_t lane = 0; lane < valid.size(); ++lane)
        BOOST_TEST(valid[lane] == (lane != 3 && lane != 9));
    BOOST_TEST(db.locks.holderOf(scheduler::laneLock(9)) == "other:1:x");
}

BOOST_AUTO_TEST_CASE(unlocking_a_foreign_term_does_nothing) {
    OutboxDatabase db;
    BOOST_TEST(db.locks.tryLock({"job", "old:1:x"}, 60s));
    expire(db, "job");
    BOOST_TEST(db.locks.tryLock({"job", "new:1:y"}, 60s));
    db.locks.unlock({"job", "old:1:x"}, 0ms);
    BOOST_TEST(db.locks.holderOf("job") == "new:1:y");
}

BOOST_AUTO_TEST_CASE(a_lock_is_kept_for_its_least_time) {
    OutboxDatabase db;
    const Term term{"job", "me:1:x"};
    BOOST_TEST(db.locks.tryLock(term, 30s));
    db.locks.unlock(term, 10s);
    BOOST_TEST(lasts(db, "job") > 5'000);
    BOOST_TEST(lasts(db, "job") <= 10'000);
    BOOST_TEST(!db.locks.tryLock({"job", "other:1:x"}, 30s));
    db.run("UPDATE shedlock SET locked_at = locked_at - INTERVAL 11 SECOND"); // it was taken longer ago
    db.locks.unlock(term, 10s);
    BOOST_TEST(db.locks.tryLock({"job", "other:1:x"}, 30s));
}

BOOST_AUTO_TEST_CASE(a_name_that_the_table_would_cut_is_refused) {
    OutboxDatabase db;
    BOOST_TEST(db.locks.tryLock({std::string(64, 'x'), "me"}, 60s));
    BOOST_TEST(errorOf([&] {
                   db.locks.tryLock({std::string(65, 'x'), "me"}, 60s);
               }).kind() == core::ErrorKind::misconfigured);
    BOOST_TEST(errorOf([&] { db.locks.tryLock({"", "me"}, 60s); }).kind() == core::ErrorKind::misconfigured);
    BOOST_TEST(errorOf([&] {
                   db.locks.tryLock({"job", std::string(256, 'x')}, 60s);
               }).kind() == core::ErrorKind::misconfigured);
    BOOST_TEST(db.number("SELECT COUNT(*) FROM shedlock") == 1);
}

BOOST_AUTO_TEST_CASE(names_that_differ_in_case_or_by_a_quote_are_different_locks) {
    OutboxDatabase db;
    for (const auto* name : {"JobA", "joba", "job'a", "job\\a"}) {
        const Term term{name, "me"};
        BOOST_TEST(db.locks.tryLock(term, 60s));
        BOOST_TEST(db.locks.extend(std::span{&term, 1}, 60s).front());
    }
}

BOOST_AUTO_TEST_CASE(of_many_threads_one_wins_each_round) {
    OutboxDatabase db;
    for (int round = 0; round < 5; ++round) {
        std::atomic<int> winners{0};
        crowd(16, [&](int number) {
            if (db.locks.tryLock({"job", "me:" + std::to_string(number)}, 60s)) ++winners;
        });
        BOOST_TEST(winners == 1);
        expire(db, "job");
    }
    // The same when nobody has ever seen the name, each through a store of its own.
    for (int round = 0; round < 5; ++round) {
        std::atomic<int> winners{0};
        crowd(16, [&](int number) {
            MysqlLockStore store(db.database);
            if (store.tryLock({"fresh-" + std::to_string(round), "me:" + std::to_string(number)}, 60s))
                ++winners;
        });
        BOOST_TEST(winners == 1);
    }
}

// An operator who empties the table ended every lock for good, until the restart of all nodes.
BOOST_AUTO_TEST_CASE(a_lock_whose_row_was_deleted_can_be_taken_again) {
    OutboxDatabase db;
    BOOST_TEST(db.locks.tryLock({"job", "me:1"}, 60s));
    const std::vector<std::string> names{"job"};
    // Lanes are looked for before they are taken; a job that was skipped asks who holds its lock.
    db.run("DELETE FROM shedlock");
    BOOST_TEST(db.locks.available(names) == names, boost::test_tools::per_element());
    BOOST_TEST(db.locks.tryLock({"job", "me:2"}, 60s));
    db.run("DELETE FROM shedlock");
    BOOST_TEST(db.locks.holderOf("job").empty());
    BOOST_TEST(db.locks.tryLock({"job", "me:3"}, 60s));
    BOOST_TEST(!db.locks.tryLock({"job", "me:4"}, 60s));
}

BOOST_AUTO_TEST_SUITE_END()
