// Nodes that share a board, step by step: each has a clock of its own, and so has the database.
#include "scheduler/job_loop.hpp"
#include "scheduler/schedule_text.hpp"
#include "tests/support/memory_board.hpp"
#include "tests/support/memory_logger.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::Job;
using scheduler::SkipReason;
using Outcome = scheduler::JobRun::Outcome;
using State = scheduler::JobView::State;

namespace {

struct Database {
    ManualClock clock;
    MemoryLocks locks{clock};
    MemoryHistory history;
    MemoryBoard board{locks, clock, history};
};

struct Node {
    Node(Database& database, const Job& job, const std::string& name)
        : environment{database.locks, database.board, database.history, clock, logger, name},
          watch({{job.name, scheduleText(job.schedule), "UTC", job.lock}}, database.board, clock, logger),
          loop(job, environment, watch) {}

    ManualClock clock;
    MemoryLogger logger;
    scheduler::JobEnvironment environment;
    scheduler::BoardWatch watch;
    scheduler::JobLoop loop;

    // All that is due.
    void work() {
        for (int steps = 0; loop.step({}) == 0us; ++steps) BOOST_REQUIRE(steps < 10);
    }
    void lookAndWork() {
        watch.look();
        work();
    }
};

struct Cluster {
    explicit Cluster(const std::string& schedule)
        : job{.name = "tidy",
              .schedule = scheduler::parseSchedule(schedule, "UTC"),
              .lock = scheduler::JobLock{.atMost = 30s, .atLeast = 0ms},
              .timeout = 1h,
              .history = Job::History::every_run,
              .work = [this](const scheduler::JobContext&) {
                  ++runs;
                  if (during) during();
              }} {}

    Job job;
    Database database;
    int runs = 0;
    std::function<void()> during;
    Node a{database, job, "a"}, b{database, job, "b"};

    void advance(std::chrono::microseconds time) {
        for (auto* clock : {&database.clock, &a.clock, &b.clock}) clock->advance(time);
    }
    // A second each: who is first changes.
    void live(std::chrono::seconds time) {
        for (int second = 0; second < time.count(); ++second) {
            advance(1s);
            for (auto* node : second % 2 == 0 ? std::array{&a, &b} : std::array{&b, &a}) node->lookAndWork();
        }
    }
    int count(Outcome outcome, std::optional<SkipReason> skip = std::nullopt) const {
        int number = 0;
        for (const auto& run : database.history.runs())
            number += run.outcome == outcome && run.skip == skip ? 1 : 0;
        return number;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(job_loop)

BOOST_AUTO_TEST_CASE(a_planned_time_is_run_once_by_all_nodes_and_the_others_say_so) {
    Cluster cluster("*/10 * * * * *");
    cluster.live(100s);
    BOOST_TEST(cluster.runs == 10);
    BOOST_TEST(cluster.count(Outcome::done) == 10);
    BOOST_TEST(cluster.count(Outcome::skipped, SkipReason::already_run) == 10);
}

BOOST_AUTO_TEST_CASE(a_fixed_delay_is_kept_by_all_nodes_together) {
    Cluster cluster("after 10s");
    cluster.live(100s);
    BOOST_TEST(cluster.runs == 10);
}

// Of what a node sees the last look is up to a second old; the board has the last word.
BOOST_AUTO_TEST_CASE(a_node_that_knows_less_begins_nothing_twice) {
    Cluster cluster("after 10s");
    cluster.a.watch.look();
    cluster.b.watch.look();
    cluster.a.work();
    cluster.b.work();
    BOOST_TEST(cluster.runs == 1);
    cluster.b.work();
    BOOST_TEST(cluster.runs == 1);
    cluster.b.lookAndWork();
    BOOST_TEST(cluster.runs == 1);
}

BOOST_AUTO_TEST_CASE(a_node_keeps_its_own_pace_between_the_looks) {
    Cluster cluster("after 100ms");
    cluster.a.lookAndWork();
    for (int i = 0; i < 9; ++i) {
        cluster.advance(100ms);
        cluster.a.work();
    }
    BOOST_TEST(cluster.runs == 10);
    BOOST_TEST(cluster.database.board.looks() == 1);
}

BOOST_AUTO_TEST_CASE(an_order_is_run_exactly_once_and_the_history_has_who_gave_it) {
    Cluster cluster("0 3 1 1 *");
    cluster.live(3s);
    BOOST_TEST(cluster.runs == 0);
    cluster.database.board.pause("tidy", "ann"); // a person may still order it
    cluster.database.board.ask("tidy", "ben");
    cluster.a.watch.look();
    cluster.b.watch.look();
    cluster.a.work();
    cluster.b.work();
    cluster.live(10s);
    BOOST_TEST(cluster.runs == 1);
    BOOST_REQUIRE(cluster.database.history.runs().size() == 1u);
    BOOST_TEST(cluster.database.history.runs().at(0).askedBy == "ben");
    BOOST_TEST(cluster.database.history.runs().at(0).askedAt.has_value());
    BOOST_TEST(!cluster.database.board.job("tidy").asked.has_value());
}

BOOST_AUTO_TEST_CASE(an_order_given_while_it_runs_is_another_run) {
    Cluster cluster("0 3 1 1 *");
    cluster.database.board.ask("tidy", "ann");
    cluster.during = [&] {
        if (cluster.runs == 1) cluster.database.board.ask("tidy", "ben");
    };
    cluster.live(3s);
    BOOST_TEST(cluster.runs == 2);
    BOOST_TEST(cluster.database.history.runs().at(1).askedBy == "ben");
}

BOOST_AUTO_TEST_CASE(a_pause_between_look_and_begin_is_heard) {
    Cluster cluster("after 10s");
    cluster.a.watch.look();
    cluster.database.board.pause("tidy", "ann");
    cluster.a.work();
    BOOST_TEST(cluster.runs == 0);
    cluster.a.lookAndWork();
    BOOST_REQUIRE(cluster.count(Outcome::skipped, SkipReason::paused) == 1);
    cluster.database.board.resume("tidy");
    cluster.live(1s);
    BOOST_TEST(cluster.runs == 1);
}

BOOST_AUTO_TEST_CASE(the_transitions_of_a_paused_poll_loop_are_few) {
    Cluster cluster("after 1s");
    cluster.job.history = Job::History::transitions;
    cluster.live(10s);
    cluster.database.board.pause("tidy", "ann");
    cluster.live(60s);
    cluster.database.board.resume("tidy");
    cluster.live(60s);
    BOOST_TEST(cluster.count(Outcome::skipped, SkipReason::paused) == 2); // each node once
    BOOST_TEST(cluster.count(Outcome::done) <= 4);
    BOOST_TEST(cluster.runs >= 60);
}

// Its lease runs out; whoever begins next says what became of it.
BOOST_AUTO_TEST_CASE(a_node_that_died_is_in_the_history_as_lost) {
    Cluster cluster("after 10s");
    cluster.a.lookAndWork();
    const scheduler::Term dead{"tidy", "c:1:x"};
    cluster.advance(10s);
    BOOST_REQUIRE(std::holds_alternative<scheduler::RunBegun>(cluster.database.board.begin(
        {dead, 30s, cluster.database.board.job("tidy"), core::Timestamp{}, false})));
    cluster.live(29s);
    BOOST_TEST(cluster.runs == 1);
    cluster.live(2s);
    BOOST_TEST(cluster.runs == 2);
    BOOST_TEST(cluster.count(Outcome::skipped, SkipReason::held_elsewhere) > 0);
    BOOST_REQUIRE(cluster.count(Outcome::lost) == 1);
    for (const auto& run : cluster.database.history.runs())
        if (run.outcome == Outcome::lost) BOOST_TEST(run.term == "c:1:x");
}

// The sleeper wakes and wants to say how its run ended: the history has it as lost already.
BOOST_AUTO_TEST_CASE(a_run_that_another_node_called_lost_is_in_the_history_once) {
    Cluster cluster("after 10s");
    cluster.during = [&] {
        if (cluster.runs != 1) return;
        cluster.advance(31s);
        cluster.b.lookAndWork();
    };
    cluster.a.lookAndWork();
    BOOST_TEST(cluster.runs == 2);
    BOOST_TEST(cluster.count(Outcome::lost) == 1);
    BOOST_TEST(cluster.count(Outcome::done) == 1);
    BOOST_TEST((cluster.database.board.job("tidy").node == "b"));
}

BOOST_AUTO_TEST_CASE(a_node_whose_clock_is_an_hour_wrong_neither_repeats_nor_misses_runs) {
    for (const auto wrong : {-1h, 1h}) {
        Cluster cluster("0 * * * * *");
        cluster.a.clock.setWrong(wrong);
        cluster.live(150s);
        BOOST_TEST(cluster.runs == 2);
        cluster.a.clock.setWrong(-wrong); // and set again while it runs
        cluster.live(150s);
        BOOST_TEST(cluster.runs == 5);
        std::set<core::Timestamp> planned;
        for (const auto& run : cluster.database.history.runs())
            if (run.outcome == Outcome::done) BOOST_TEST(planned.insert(run.planned.value()).second);
    }
}

BOOST_AUTO_TEST_CASE(while_the_database_is_away_nothing_with_a_lock_begins_and_afterwards_all_goes_on) {
    Cluster cluster("after 1s");
    cluster.live(5s);
    const auto before = cluster.runs;
    cluster.database.locks.goDown();
    cluster.live(30s);
    BOOST_TEST(cluster.runs == before);
    BOOST_TEST(cluster.a.logger.said("jobs_wait_for_the_database"));
    cluster.database.locks.comeBack();
    cluster.live(2s);
    BOOST_TEST(cluster.runs > before);
    BOOST_TEST(cluster.a.logger.said("jobs_go_on"));
}

BOOST_AUTO_TEST_CASE(jobs_without_a_lock_need_no_board) {
    Cluster cluster("every 1s");
    cluster.job.lock.reset();
    cluster.database.locks.goDown();
    Node alone(cluster.database, cluster.job, "c");
    for (int i = 0; i < 5; ++i) {
        alone.lookAndWork();
        alone.clock.advance(1s);
    }
    BOOST_TEST(cluster.runs == 5);
    BOOST_TEST(!alone.watch.done());
    cluster.database.locks.comeBack();
    alone.watch.look();
    BOOST_TEST(alone.watch.done()); // it has said what it runs, and looks no more
    BOOST_TEST(cluster.database.board.isDeclared("tidy"));
    BOOST_TEST(cluster.database.board.looks() == 0);
}

BOOST_AUTO_TEST_CASE(cron_without_a_lock_goes_by_the_machines_clock_until_the_database_is_seen) {
    Cluster cluster("0 * * * * *");
    cluster.job.lock.reset();
    Node alone(cluster.database, cluster.job, "c");
    alone.work();
    for (int i = 0; i < 120; ++i) {
        alone.clock.advance(1s);
        alone.work();
    }
    BOOST_TEST(cluster.runs == 2);
}

BOOST_AUTO_TEST_SUITE_END()
