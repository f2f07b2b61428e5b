// What nodes write about themselves.
#include "scheduler/mysql/node_store.hpp"
#include "scheduler/mysql/topic_pins.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/error_of.hpp"
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

BOOST_AUTO_TEST_CASE(a_run_is_written_with_its_times_and_outcome) {
    OutboxDatabase db;
    MysqlJobHistory history(db.database, "shop-1");
    const auto started = database::parseDateTime("2026-01-02 03:04:05.678901").value();
    JobRun run{"tidy", "shop-1:7:abc", started, started + std::chrono::microseconds{5}, JobRun::Outcome::lost,
               "gone"};
    history.add(run);
    BOOST_TEST(
        db.value(
            "SELECT CONCAT_WS('|', job, node, term, started_at, ended_at, outcome, detail) FROM job_run") ==
        "tidy|shop-1|shop-1:7:abc|2026-01-02 03:04:05.678901|2026-01-02 03:04:05.678906|LOST|gone");
    for (const auto outcome : {JobRun::Outcome::done, JobRun::Outcome::failed, JobRun::Outcome::cancelled,
                               JobRun::Outcome::skipped}) {
        run.outcome = outcome;
        run.term.clear();
        history.add(run);
    }
    BOOST_TEST(db.value("SELECT GROUP_CONCAT(outcome ORDER BY id) FROM job_run WHERE term IS NULL") ==
               "DONE,FAILED,CANCELLED,SKIPPED");
}

BOOST_AUTO_TEST_CASE(over_long_text_is_cut_between_characters) {
    OutboxDatabase db;
    std::string detail = "x";
    while (detail.size() < 2000) detail += "\xF0\x9F\x9A\x80";
    MysqlJobHistory(db.database, "shop-1").add({"tidy", "", {}, {}, JobRun::Outcome::failed, detail});
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
