// What is removed of the histories, and what stays.
#include "scheduler/mysql/history_retention.hpp"
#include "tests/support/outbox_database.hpp"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::mysql::HistoryRetention;

namespace {

struct Stage : OutboxDatabase {
    Stage() { BOOST_REQUIRE(locks.tryLock(term, 10min)); }
    void runs(const std::string& job, int count, int days) {
        run(fmt::format(
            "INSERT INTO job_run (job, node, started_at, outcome) SELECT '{}', 'n', UTC_TIMESTAMP(6) - "
            "INTERVAL {} DAY, 'DONE' FROM seq_1_to_{}",
            job, days, count));
    }
    void processed(int count, int days) {
        run(fmt::format(
            "INSERT INTO processed_event (handler, event_id, processed_at) SELECT 'h', "
            "UNHEX(REPLACE(UUID(), '-', '')), UTC_TIMESTAMP(6) - INTERVAL {} DAY FROM seq_1_to_{}",
            days, count));
    }
    void reconciliation(int findings, int days) {
        run(fmt::format(
            "INSERT INTO reconcile_run (asked_by, mode, checks, started_at) VALUES ('kim', 'REPORT', '', "
            "UTC_TIMESTAMP(6) - INTERVAL {} DAY)",
            days));
        if (findings == 0) return;
        run(fmt::format(
            "INSERT INTO reconcile_finding (run_id, line, check_name, subject, subject_id, expected, found, "
            "verdict, remedy) SELECT (SELECT MAX(id) FROM reconcile_run), seq, 'c', 's', '1', 'e', 'f', "
            "'REPORTED', '' FROM seq_1_to_{}",
            findings));
    }

    scheduler::Term term{"history-retention", "me"};
    bool goOn = true;
    HistoryRetention retention{database, term, [this] { return goOn; }};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(history_retention, Stage)

BOOST_AUTO_TEST_CASE(old_runs_go_but_the_last_of_each_job_stays) {
    runs("yearly", 1, 400);
    runs("hourly", 1200, 31);
    runs("gone", 3, 50);
    runs("hourly", 10, 29);
    BOOST_TEST(retention.jobRuns(30) == 1202);
    BOOST_TEST(number("SELECT COUNT(*) FROM job_run WHERE job = 'yearly'") == 1);
    BOOST_TEST(number("SELECT COUNT(*) FROM job_run WHERE job = 'gone'") == 1);
    BOOST_TEST(number("SELECT COUNT(*) FROM job_run WHERE job = 'hourly'") == 10);
    BOOST_TEST(retention.jobRuns(30) == 0);
}

BOOST_AUTO_TEST_CASE(notes_of_effects_go_when_they_are_older_than_is_needed) {
    processed(1200, 31);
    processed(10, 29);
    BOOST_TEST(retention.processedEvents(24h * 30) == 1200);
    BOOST_TEST(number("SELECT COUNT(*) FROM processed_event") == 10);
    BOOST_TEST(retention.processedEvents(24h * 30) == 0);
}

BOOST_AUTO_TEST_CASE(an_event_that_could_be_sent_once_more_keeps_its_note) {
    write("k");
    run("UPDATE outbox_event SET created_at = UTC_TIMESTAMP(6) - INTERVAL 40 DAY");
    processed(1, 42);
    processed(1, 39); // that of the event, or of a later one
    BOOST_TEST(retention.processedEvents(24h * 30) == 1);
    BOOST_TEST(
        number("SELECT TIMESTAMPDIFF(DAY, MIN(processed_at), UTC_TIMESTAMP(6)) FROM processed_event") == 39);
}

BOOST_AUTO_TEST_CASE(a_dead_letter_may_have_had_its_effect_so_its_note_stays) {
    run("INSERT INTO dead_letter (handler, identity, topic, topic_partition, record_offset, record_key, key_digest, "
        "type, headers, state, attempts, first_at) VALUES ('h', REPEAT('a', 32), 't', 0, 0, '', REPEAT('a', 32), "
        "'x', '[]', 'HELD', 1, UTC_TIMESTAMP(6) - INTERVAL 50 DAY)");
    processed(1, 52);
    processed(1, 49);
    BOOST_TEST(retention.processedEvents(24h * 30) == 1);
    BOOST_TEST(number("SELECT COUNT(*) FROM processed_event") == 1);
}

BOOST_AUTO_TEST_CASE(old_reconciliations_go_with_their_findings_but_the_last_one_stays) {
    reconciliation(1200, 100);
    reconciliation(0, 95);
    reconciliation(3, 91);
    BOOST_TEST(retention.reconciliations(90) == 2);
    BOOST_TEST(number("SELECT COUNT(*) FROM reconcile_run") == 1);
    BOOST_TEST(number("SELECT COUNT(*) FROM reconcile_finding") == 3);
    reconciliation(1, 1);
    BOOST_TEST(retention.reconciliations(90) == 1);
    BOOST_TEST(number("SELECT COUNT(*) FROM reconcile_finding") == 1);
}

BOOST_AUTO_TEST_CASE(nothing_is_removed_without_the_lock_nor_after_a_stop) {
    runs("hourly", 5, 31);
    processed(5, 31);
    reconciliation(5, 100);
    reconciliation(1, 99);
    goOn = false;
    BOOST_TEST(retention.jobRuns(30) + retention.processedEvents(24h * 30) + retention.reconciliations(90) ==
               0);
    goOn = true;
    run("UPDATE shedlock SET lock_until = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND");
    BOOST_CHECK_THROW(retention.jobRuns(30), scheduler::TermLost);
    BOOST_CHECK_THROW(retention.processedEvents(24h * 30), scheduler::TermLost);
    BOOST_CHECK_THROW(retention.reconciliations(90), scheduler::TermLost);
    BOOST_TEST(number("SELECT (SELECT COUNT(*) FROM job_run) + (SELECT COUNT(*) FROM processed_event) + "
                      "(SELECT COUNT(*) FROM reconcile_finding)") == 16);
}

BOOST_AUTO_TEST_CASE(the_topics_that_are_read_are_those_with_progress) {
    run("INSERT INTO consumer_progress (handler, topic, topic_partition, up_to) VALUES ('a', 'orders', 0, "
        "UTC_TIMESTAMP(6)), ('a', 'orders', 1, UTC_TIMESTAMP(6)), ('b', 'orders', 0, UTC_TIMESTAMP(6)), "
        "('b', 'coupons', 0, UTC_TIMESTAMP(6))");
    const auto topics = scheduler::mysql::readTopics(database);
    BOOST_TEST(topics.size() == 2U);
    BOOST_TEST(topics.at(0) == "coupons");
}

BOOST_AUTO_TEST_SUITE_END()
