// The fence at the end of a job's transaction, on the real table.
#include "scheduler/mysql/fence.hpp"
#include "tests/support/outbox_database.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::Term;
using scheduler::TermLost;

namespace {

// Writes one row under the fence.
void write(OutboxDatabase& db, const Term& term) {
    db.database.transact([&](database::Session& session) {
        session.textExecute("INSERT INTO topic_layout (topic, partitions) VALUES (UUID(), 1)");
        scheduler::mysql::requireTerm(session, term);
        return 0;
    });
}
std::int64_t written(OutboxDatabase& db) { return db.number("SELECT COUNT(*) FROM topic_layout"); }

} // namespace

BOOST_AUTO_TEST_SUITE(fence)

BOOST_AUTO_TEST_CASE(the_holder_commits) {
    OutboxDatabase db;
    const Term term{"tidy", "a"};
    BOOST_REQUIRE(db.locks.tryLock(term, 30s));
    write(db, term);
    BOOST_TEST(written(db) == 1);
}

BOOST_AUTO_TEST_CASE(whoever_lost_the_lock_writes_nothing_and_does_not_try_again) {
    OutboxDatabase db;
    const Term sleeper{"tidy", "a"};
    const Term successor{"tidy", "b"};
    BOOST_REQUIRE(db.locks.tryLock(sleeper, 30s));
    db.run("UPDATE shedlock SET lock_until = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND");
    BOOST_CHECK_THROW(write(db, sleeper), TermLost); // nobody else has it, but its time is over
    BOOST_REQUIRE(db.locks.tryLock(successor, 30s));
    BOOST_CHECK_THROW(write(db, sleeper), TermLost);
    BOOST_TEST(written(db) == 0);
    write(db, successor);
    BOOST_TEST(written(db) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
