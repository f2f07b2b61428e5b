// What nodes agree on about their jobs, on the real tables.
#include "scheduler/mysql/fence.hpp"
#include "scheduler/mysql/job_board.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/outbox_database.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::BoardChanged;
using scheduler::JobBegin;
using scheduler::JobLock;
using scheduler::JobPaused;
using scheduler::JobView;
using scheduler::LockHeld;
using scheduler::RunBegun;
using scheduler::Term;
using scheduler::mysql::MysqlJobBoard;
using State = JobView::State;

namespace {

const core::Timestamp kPlanned = database::parseDateTime("2026-01-02 03:00:00").value();

struct Stage {
    OutboxDatabase db;
    MysqlJobBoard a{db.database, "a"}, b{db.database, "b"};

    Stage() {
        const std::vector<scheduler::DeclaredJob> jobs{
            {"tidy", "0 3 * * *", "Europe/Berlin", JobLock{30s, 1s}},
            {"heartbeat", "every 1s", "UTC", std::nullopt}};
        a.declare(jobs);
        b.declare(jobs);
    }
    JobView seen() {
        const auto view = a.look();
        BOOST_REQUIRE(view.jobs.size() == 1u);
        return view.jobs.front();
    }
    JobBegin planned(const std::string& holder, core::Timestamp time = kPlanned) {
        return {{"tidy", holder}, 30s, seen(), time, false};
    }
    JobBegin asked(const std::string& holder) { return {{"tidy", holder}, 30s, seen(), std::nullopt, true}; }
    void ask() {
        db.run(
            "UPDATE job_control SET run_asked_at = UTC_TIMESTAMP(6), run_asked_by = 'ann' WHERE job = 'tidy'");
    }
    void pause() {
        db.run(
            "UPDATE job_control SET paused_at = UTC_TIMESTAMP(6), paused_by = 'ann', pause_reason = 'audit'");
    }
    // The lease is over.
    void expire() { db.run("UPDATE shedlock SET lock_until = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND"); }
};

template <class Answer> bool is(const scheduler::BeginAnswer& answer) {
    return std::holds_alternative<Answer>(answer);
}

} // namespace

BOOST_AUTO_TEST_SUITE(job_board)

BOOST_AUTO_TEST_CASE(jobs_are_declared_and_those_with_a_lock_are_seen) {
    Stage stage;
    BOOST_TEST(
        stage.db.value(
            "SELECT GROUP_CONCAT(CONCAT_WS('|', job, schedule, zone, lock_at_most_ms, lock_at_least_ms, "
            "declared_by) ORDER BY job) FROM job_control") ==
        "heartbeat|every 1s|UTC|b,tidy|0 3 * * *|Europe/Berlin|30000|1000|b");
    const auto job = stage.seen();
    BOOST_TEST(job.job == "tidy");
    BOOST_TEST((job.state == State::none));
    BOOST_TEST(job.holder.empty());
    const auto now = database::parseDateTime(stage.db.value("SELECT UTC_TIMESTAMP(6)")).value();
    BOOST_TEST((now - stage.a.look().now < 0s)); // the database's own time, and later
}

BOOST_AUTO_TEST_CASE(a_declaration_leaves_orders_and_runs_alone) {
    Stage stage;
    stage.pause();
    stage.ask();
    BOOST_TEST(is<RunBegun>(stage.a.begin(stage.asked("a:1:x"))));
    const std::vector<scheduler::DeclaredJob> other{{"tidy", "every 1h", "UTC", JobLock{60s, 0s}}};
    stage.b.declare(other);
    const auto job = stage.seen();
    BOOST_TEST(job.paused.value().by == "ann");
    BOOST_TEST((job.state == State::running));
    BOOST_TEST(job.holder == "a:1:x");
    BOOST_TEST(stage.db.value("SELECT schedule FROM job_control WHERE job = 'tidy'") == "every 1h");
}

BOOST_AUTO_TEST_CASE(a_run_is_seen_from_its_begin_to_its_end) {
    Stage stage;
    BOOST_TEST(is<RunBegun>(stage.a.begin(stage.planned("a:1:x"))));
    auto job = stage.seen();
    BOOST_TEST((job.state == State::running));
    BOOST_TEST((job.planned == kPlanned));
    BOOST_TEST(job.started.has_value());
    BOOST_TEST(!job.ended.has_value());
    BOOST_TEST(job.node == "a");
    BOOST_TEST(job.term == "a:1:x");
    BOOST_TEST(stage.db.locks.holderOf("tidy") == "a:1:x");
    scheduler::mysql::requireTerm(*stage.db.database.session(), {"tidy", "a:1:x"});

    BOOST_TEST(stage.a.end({"tidy", "a:1:x"}, 0ms, State::failed));
    job = stage.seen();
    BOOST_TEST((job.state == State::failed));
    BOOST_TEST(job.ended.has_value());
    BOOST_TEST(stage.db.locks.holderOf("tidy").empty());
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM job_run") == 0);
}

BOOST_AUTO_TEST_CASE(a_planned_time_cannot_be_begun_by_whoever_saw_it_open_before) {
    Stage stage;
    const auto late = stage.planned("b:1:x");
    BOOST_TEST(is<RunBegun>(stage.a.begin(stage.planned("a:1:x"))));
    BOOST_TEST(std::get<LockHeld>(stage.b.begin(late)).holder == "a:1:x");
    BOOST_TEST(stage.a.end({"tidy", "a:1:x"}, 0ms, State::done));
    BOOST_TEST(is<BoardChanged>(stage.b.begin(late)));
    BOOST_TEST(stage.db.locks.holderOf("tidy").empty()); // and the lock was not taken
}

BOOST_AUTO_TEST_CASE(the_end_keeps_the_lock_for_its_least_time) {
    Stage stage;
    BOOST_TEST(is<RunBegun>(stage.a.begin(stage.planned("a:1:x"))));
    BOOST_TEST(stage.a.end({"tidy", "a:1:x"}, 20s, State::done));
    BOOST_TEST(stage.db.locks.holderOf("tidy") == "a:1:x");
    BOOST_TEST(is<LockHeld>(stage.b.begin(stage.planned("b:1:x", kPlanned + 24h))));
}

BOOST_AUTO_TEST_CASE(a_paused_job_begins_no_planned_run_and_every_order) {
    Stage stage;
    const auto before = stage.planned("a:1:x");
    stage.pause();
    BOOST_TEST(std::get<JobPaused>(stage.a.begin(before)).pause.by == "ann");
    stage.ask();
    BOOST_TEST(stage.seen().asked.value().by == "ann");
    BOOST_TEST(is<RunBegun>(stage.a.begin(stage.asked("a:1:y"))));
    BOOST_TEST(!stage.seen().asked.has_value());
    BOOST_TEST(!stage.seen().planned.has_value());
}

BOOST_AUTO_TEST_CASE(a_run_that_never_ended_is_lost_when_the_next_begins) {
    Stage stage;
    BOOST_TEST(is<RunBegun>(stage.a.begin(stage.planned("a:1:x"))));
    stage.expire();
    BOOST_TEST(is<RunBegun>(stage.b.begin(stage.planned("b:1:x", kPlanned + 24h))));
    BOOST_TEST(
        stage.db.value(
            "SELECT CONCAT_WS('|', job, node, term, planned_at, outcome, ended_at IS NULL) FROM job_run") ==
        "tidy|a|a:1:x|2026-01-02 03:00:00.000000|LOST|1");
    // It wakes up: its transactions are fenced off, and its end is nobody's business.
    BOOST_CHECK_THROW(scheduler::mysql::requireTerm(*stage.db.database.session(), {"tidy", "a:1:x"}),
                      scheduler::TermLost);
    BOOST_TEST(!stage.a.end({"tidy", "a:1:x"}, 0ms, State::done));
    BOOST_TEST((stage.seen().state == State::running));
    BOOST_TEST(stage.db.locks.holderOf("tidy") == "b:1:x");
}

BOOST_AUTO_TEST_CASE(a_run_that_lost_its_lock_to_another_scheduler_still_says_how_it_ended) {
    Stage stage;
    BOOST_TEST(is<RunBegun>(stage.a.begin(stage.planned("a:1:x"))));
    stage.expire();
    BOOST_TEST(stage.db.locks.tryLock({"tidy", "java"}, 30s));
    BOOST_TEST(stage.a.end({"tidy", "a:1:x"}, 0ms, State::lost));
    BOOST_TEST((stage.seen().state == State::lost));
    BOOST_TEST(stage.db.locks.holderOf("tidy") == "java");
}

BOOST_AUTO_TEST_CASE(rows_that_somebody_deleted_come_back) {
    Stage stage;
    const auto begin = stage.planned("a:1:x");
    stage.db.run("DELETE FROM shedlock");
    BOOST_TEST(is<BoardChanged>(stage.a.begin(begin)));
    BOOST_TEST(is<RunBegun>(stage.a.begin(begin)));
    stage.db.run("DELETE FROM job_control");
    BOOST_TEST(is<BoardChanged>(stage.b.begin(begin)));
    BOOST_TEST(stage.a.look().jobs.empty());
}

// Two nodes that saw the same: of each planned time and of each order one run begins, and its transaction is not fenced off.
BOOST_AUTO_TEST_CASE(of_nodes_that_race_for_one_planned_time_or_order_exactly_one_begins) {
    Stage stage;
    for (int round = 0; round < 200; ++round) {
        const bool order = round % 4 == 0;
        if (order) stage.ask();
        const auto seen = stage.seen();
        std::atomic<int> begun{0};
        crowd(2, [&](int number) {
            auto& board = number == 0 ? stage.a : stage.b;
            const auto time = kPlanned + 24h * round;
            const JobBegin begin{{"tidy", std::to_string(number) + ":" + std::to_string(round)},
                                 30s,
                                 seen,
                                 order ? std::nullopt : std::optional{time},
                                 order};
            if (!is<RunBegun>(board.begin(begin))) return;
            ++begun;
            scheduler::mysql::requireTerm(*stage.db.database.session(), begin.term);
            if (!board.end(begin.term, 0ms, State::done)) ++begun;
        });
        BOOST_TEST_REQUIRE(begun == 1, "round " << round << ": " << begun);
    }
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM job_run") == 0);
}

// Many looks and runs at once: nobody sees a deadlock, and nothing is begun twice.
BOOST_AUTO_TEST_CASE(many_nodes_run_one_job_after_another) {
    Stage stage;
    std::mutex mutex;
    std::set<core::Timestamp> planned;
    std::atomic<int> runs{0};
    crowd(8, [&](int number) {
        MysqlJobBoard board(stage.db.database, "n" + std::to_string(number));
        for (int i = 0; i < 40; ++i) {
            const auto seen = board.look().jobs.at(0);
            const auto next = seen.planned ? *seen.planned + 1s : kPlanned;
            const Term term{"tidy", std::to_string(number) + ":" + std::to_string(i)};
            if (!is<RunBegun>(board.begin({term, 30s, seen, next, false}))) continue;
            {
                const std::lock_guard lock(mutex);
                BOOST_TEST(planned.insert(next).second);
            }
            ++runs;
            BOOST_TEST(board.end(term, 0ms, State::done));
        }
    });
    BOOST_TEST(runs > 0);
    BOOST_TEST((stage.seen().planned == kPlanned + 1s * (runs - 1)));
}

BOOST_AUTO_TEST_SUITE_END()
