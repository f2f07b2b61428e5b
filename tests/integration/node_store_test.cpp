// What nodes write about themselves.
#include "scheduler/mysql/node_store.hpp"
#include "scheduler/mysql/topic_pins.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/outbox_database.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::JobRun;
using scheduler::mysql::MysqlJobHistory;
using scheduler::mysql::MysqlNodeRegistry;
using scheduler::mysql::MysqlTopicPins;

BOOST_AUTO_TEST_SUITE(node_store)

BOOST_AUTO_TEST_CASE(a_node_that_enters_under_a_used_name_is_found_out_by_the_first) {
    OutboxDatabase db;
    MysqlNodeRegistry first(db.database, {"shop-1", "i-1", "api,relay", "0.1.0"});
    MysqlNodeRegistry second(db.database, {"shop-1", "i-2", "jobs", "0.1.0"});
    first.enter();
    for (int i = 0; i < 50; ++i) first.beat(); // also within one microsecond
    second.enter();
    second.beat();
    const auto error = errorOf([&] { first.beat(); });
    BOOST_TEST(error.kind() == core::ErrorKind::misconfigured);
    BOOST_TEST(error.hint().find("node.name") != std::string::npos);
    BOOST_TEST(db.value("SELECT CONCAT(incarnation, ' ', roles) FROM node") == "i-2 jobs");
}

BOOST_AUTO_TEST_CASE(a_heartbeat_moves_by_database_time) {
    OutboxDatabase db;
    MysqlNodeRegistry node(db.database, {"shop-1", "i-1", "api", "0.1.0"});
    node.enter();
    db.run("UPDATE node SET heartbeat = '2001-01-01'");
    node.beat();
    BOOST_TEST(db.value("SELECT ABS(TIMESTAMPDIFF(SECOND, heartbeat, UTC_TIMESTAMP(6))) < 60 FROM node") ==
               "1");
}

// By the database's clock, whatever the node's shows.
BOOST_AUTO_TEST_CASE(a_run_is_written_with_its_times_and_outcome) {
    using namespace std::chrono_literals;
    OutboxDatabase db;
    ManualClock clock;
    MysqlJobHistory history(db.database, "shop-1", clock);
    JobRun run{.job = "tidy", .term = "shop-1:7:abc", .started = clock.now()};
    clock.advance(90min);
    run.ended = clock.now();
    clock.advance(30min);
    run.outcome = JobRun::Outcome::lost;
    run.detail = "gone";
    run.planned = database::parseDateTime("2026-01-02 03:04:05");
    run.askedBy = "ann";
    history.add(run);
    BOOST_TEST(
        db.value(
            "SELECT CONCAT_WS('|', job, node, term, planned_at, outcome, detail, asked_by) FROM job_run") ==
        "tidy|shop-1|shop-1:7:abc|2026-01-02 03:04:05.000000|LOST|gone|ann");
    BOOST_TEST(db.value("SELECT TIMESTAMPDIFF(MINUTE, started_at, ended_at) FROM job_run") == "90");
    BOOST_TEST(
        db.value(
            "SELECT TIMESTAMPDIFF(SECOND, ended_at, UTC_TIMESTAMP(6)) BETWEEN 1800 AND 2400 FROM job_run") ==
        "1");
    run.term.clear();
    run.askedBy.clear();
    for (const auto outcome : {JobRun::Outcome::done, JobRun::Outcome::failed, JobRun::Outcome::cancelled}) {
        run.outcome = outcome;
        history.add(run);
    }
    run.outcome = JobRun::Outcome::skipped;
    run.skip = scheduler::SkipReason::held_elsewhere;
    run.holder = "shop-2:9:def";
    history.add(run);
    BOOST_TEST(
        db.value("SELECT GROUP_CONCAT(CONCAT_WS('|', outcome, skip_reason, holder) ORDER BY id) FROM job_run "
                 "WHERE term IS NULL") == "DONE,FAILED,CANCELLED,SKIPPED|HELD_ELSEWHERE|shop-2:9:def");
}

BOOST_AUTO_TEST_CASE(over_long_text_is_cut_between_characters) {
    OutboxDatabase db;
    std::string detail = "x";
    while (detail.size() < 2000) detail += "\xF0\x9F\x9A\x80";
    const ManualClock clock;
    MysqlJobHistory(db.database, "shop-1", clock).add({.job = "tidy", .detail = detail});
    const auto kept = db.value("SELECT detail FROM job_run");
    BOOST_TEST(kept.size() > 490u);
    BOOST_TEST(detail.starts_with(kept));
    BOOST_TEST((kept.size() - 1) % 4 == 0u);
}

BOOST_AUTO_TEST_CASE(the_first_pin_wins_also_when_many_nodes_pin_at_once) {
    OutboxDatabase db;
    MysqlTopicPins pins(db.database);
    BOOST_TEST(pins.pin("orders", 12) == 12);
    BOOST_TEST(pins.pin("orders", 24) == 12);
    BOOST_TEST(pins.pin("Orders", 3) == 3); // topics differ in case
    for (int round = 0; round < 5; ++round) {
        std::mutex mutex;
        std::set<int> answers;
        crowd(16, [&](int number) {
            MysqlTopicPins mine(db.database);
            const auto pinned = mine.pin("topic-" + std::to_string(round), 100 + number);
            const std::lock_guard lock(mutex);
            answers.insert(pinned);
        });
        BOOST_TEST(answers.size() == 1u);
    }
}

BOOST_AUTO_TEST_SUITE_END()
