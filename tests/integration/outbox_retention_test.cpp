// What is removed of the outbox, and what stays.
#include "scheduler/mysql/outbox_retention.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/outbox_database.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::mysql::OutboxRetention;

namespace {

struct Stage {
    OutboxDatabase db;
    scheduler::Term term{"outbox-retention", "me"};
    int rests = 0;
    bool goOn = true;
    OutboxRetention retention{db.database, db.clock(), {30, 7, 20ms}, [this](auto) {
                                  ++rests;
                                  return goOn;
                              }};

    Stage() { BOOST_REQUIRE(db.locks.tryLock(term, 10min)); }
    // `count` events of the given age that were sent. Returns the last one's id.
    std::int64_t sent(int count, int days) {
        db.run(
            "INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, order_key, type, created_at) SELECT "
            "UNHEX(REPLACE(UUID(), '-', '')), 'thing', seq, seq, 'Changed', UTC_TIMESTAMP(6) - INTERVAL " +
            std::to_string(days) + " DAY FROM seq_1_to_" + std::to_string(count));
        db.run(
            "DELETE q FROM outbox_event e JOIN outbox_queue q ON q.lane = CRC32(e.order_key) & 15 AND q.id = e.id "
            "WHERE e.id > " +
            std::to_string(unseen_));
        return unseen_ = db.number("SELECT MAX(id) FROM outbox_event");
    }
    // An event that somebody has written and not committed yet.
    void avoid(std::int64_t id) { unseen_ = id; }
    std::int64_t events() { return db.number("SELECT COUNT(*) FROM outbox_event"); }

private:
    std::int64_t unseen_ = 0; // queue rows up to here are not this stage's to remove
};

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_retention)

BOOST_AUTO_TEST_CASE(old_sent_events_go_in_batches_and_young_ones_stay) {
    Stage stage;
    stage.sent(3000, 31);
    stage.sent(500, 29);
    const auto figures = stage.retention.run(stage.term);
    BOOST_TEST(stage.events() == 500);
    BOOST_TEST(figures.events == 3000u);
    BOOST_TEST(figures.statements > 1u);
    BOOST_TEST(stage.rests > 0);
    BOOST_TEST(stage.retention.run(stage.term).events == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_from_the_first_queued_event_on_is_removed) {
    Stage stage;
    stage.sent(10, 40);
    const auto queued = stage.db.write("k");
    stage.avoid(queued);
    stage.db.run("UPDATE outbox_event SET created_at = UTC_TIMESTAMP(6) - INTERVAL 40 DAY");
    stage.sent(10, 40);
    stage.retention.run(stage.term);
    BOOST_TEST(stage.events() == 11);
    BOOST_TEST(stage.db.number("SELECT MIN(id) FROM outbox_event") == queued);
}

BOOST_AUTO_TEST_CASE(nothing_from_the_first_held_event_on_is_removed) {
    Stage stage;
    const auto last = stage.sent(10, 40);
    stage.db.run("INSERT INTO outbox_held (id, lane, order_key, state) VALUES (" + std::to_string(last - 3) +
                 ", 1, 'k', 'FAILED')");
    stage.retention.run(stage.term);
    BOOST_TEST(stage.db.number("SELECT MIN(id) FROM outbox_event") == last - 3);
    BOOST_TEST(stage.events() == 4);
}

BOOST_AUTO_TEST_CASE(who_lost_the_lock_removes_nothing) {
    Stage stage;
    stage.sent(100, 40);
    stage.db.run("UPDATE shedlock SET lock_until = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND");
    const auto error = errorOf([&] { stage.retention.run(stage.term); });
    BOOST_TEST(std::string{error.what()}.find("outbox-retention") != std::string::npos);
    BOOST_TEST(stage.events() == 100);
}

BOOST_AUTO_TEST_CASE(it_stops_between_two_batches) {
    Stage stage;
    stage.sent(3000, 40);
    stage.goOn = false;
    const auto figures = stage.retention.run(stage.term);
    BOOST_TEST(figures.events > 0u);
    BOOST_TEST(stage.events() == 3000 - static_cast<std::int64_t>(figures.events));
    BOOST_TEST(stage.events() > 0);
}

// The transaction is open for longer than events are kept, which nobody should do; its event is not lost for it.
BOOST_AUTO_TEST_CASE(an_old_event_that_is_committed_only_now_stays) {
    Stage stage;
    stage.sent(5, 40);
    const auto writer = stage.db.connect();
    writer->begin();
    const auto late = stage.db.insert(*writer, "late");
    writer->textExecute(
        "UPDATE outbox_event SET created_at = UTC_TIMESTAMP(6) - INTERVAL 40 DAY WHERE id = " +
        std::to_string(late));
    stage.avoid(late);
    stage.sent(5, 40);
    std::jthread commits([&] { writer->commit(); }); // somewhere between the first look and the last
    stage.retention.run(stage.term);
    commits.join();
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM outbox_event WHERE id = " + std::to_string(late)) == 1);
}

BOOST_AUTO_TEST_CASE(commands_go_a_week_after_they_were_due_once_they_are_done) {
    Stage stage;
    stage.db.run(
        "INSERT INTO outbox_command (order_id, lane, kind, state, not_before) SELECT 1, seq MOD 16, 'SYNC', "
        "IF(seq MOD 2, 'DONE', 'PENDING'), UTC_TIMESTAMP(6) - INTERVAL IF(seq <= 1000, 8, 6) DAY "
        "FROM seq_1_to_2000");
    BOOST_TEST(stage.retention.run(stage.term).commands == 500u);
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM outbox_command WHERE state = 'PENDING'") == 1000);
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM outbox_command WHERE state = 'DONE'") == 500);
}

BOOST_AUTO_TEST_SUITE_END()
