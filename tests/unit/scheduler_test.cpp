// The threads around the jobs.
#include "scheduler/scheduler.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/job_stage.hpp"

#include <boost/test/unit_test.hpp>

#include <latch>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::Job;
using scheduler::Scheduler;
using Outcome = scheduler::JobRun::Outcome;

namespace {

struct Stage : JobStage {
    core::SystemClock systemClock;
    core::ProgressMonitor progress{systemClock};
    scheduler::JobEnvironment real{locks, board, history, systemClock, logger, "node-1"};
};

Job job(std::string name, std::function<void(const scheduler::JobContext&)> work) {
    return {.name = std::move(name),
            .schedule = {scheduler::Schedule::Kind::fixed_delay, 1ms, 0s},
            .lock = std::nullopt,
            .timeout = 1h,
            .history = Job::History::every_run,
            .work = std::move(work)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(scheduler_threads)

BOOST_AUTO_TEST_CASE(jobs_run_again_and_again_beside_each_other) {
    Stage stage;
    std::latch together{2}; // each waits for the other: one thread would never get past it
    std::atomic<int> a{0}, b{0};
    Scheduler scheduler({job("a",
                             [&](const auto&) {
                                 if (a++ == 0) together.arrive_and_wait();
                             }),
                         job("b",
                             [&](const auto&) {
                                 if (b++ == 0) together.arrive_and_wait();
                             })},
                        stage.real, stage.progress);
    scheduler.start();
    stage.history.await(20);
    scheduler.stop();
    BOOST_TEST(a > 0);
    BOOST_TEST(b > 0);
}

BOOST_AUTO_TEST_CASE(a_failing_job_is_run_again) {
    Stage stage;
    Scheduler scheduler({job("a", [](const auto&) { throw std::runtime_error("no"); })}, stage.real,
                        stage.progress);
    scheduler.start();
    stage.history.await(3);
    scheduler.stop();
    for (const auto& run : stage.history.runs()) BOOST_TEST((run.outcome == Outcome::failed));
}

BOOST_AUTO_TEST_CASE(stopping_cancels_the_running_jobs_and_waits_for_them) {
    Stage stage;
    std::latch running{1};
    std::atomic<bool> returned{false};
    Scheduler scheduler({job("a",
                             [&](const scheduler::JobContext& context) {
                                 running.count_down();
                                 awaitCancel(context.cancelled);
                                 returned = true;
                             })},
                        stage.real, stage.progress);
    scheduler.start();
    running.wait();
    scheduler.stop();
    BOOST_TEST(returned);
    BOOST_REQUIRE(stage.history.runs().size() == 1u);
    BOOST_TEST((stage.history.runs().at(0).outcome == Outcome::cancelled));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_not_due_does_not_run_and_does_not_delay_the_stop) {
    Stage stage;
    auto later = job("a", [](const auto&) {});
    later.schedule.initialDelay = 24h;
    Scheduler scheduler({later}, stage.real, stage.progress);
    scheduler.start();
    scheduler.stop();
    BOOST_TEST(stage.history.runs().empty());
}

BOOST_AUTO_TEST_CASE(a_long_job_is_no_stuck_loop_until_its_time_limit_is_well_past) {
    Stage stage;
    core::ProgressMonitor progress{stage.clock};
    std::latch running{1};
    auto slow = job("a", [&](const scheduler::JobContext& context) {
        running.count_down();
        awaitCancel(context.cancelled);
    });
    slow.timeout = 10min;
    // The scheduler's own clock stands still with the manual one, so the job is not cancelled meanwhile.
    Scheduler scheduler({slow}, stage.real, progress);
    scheduler.start();
    running.wait();
    stage.clock.advance(10min + 50s);
    BOOST_TEST(progress.stuck().empty());
    stage.clock.advance(11s);
    BOOST_TEST(progress.stuck() == std::vector<std::string>{"job a"}, boost::test_tools::per_element());
    scheduler.stop();
}

// An interval of zero was found on the job's own thread, and ended the process.
BOOST_AUTO_TEST_CASE(jobs_that_cannot_work_are_refused_before_anything_starts) {
    Stage stage;
    const auto refused = [&](std::vector<Job> jobs) {
        return errorOf([&] { Scheduler(std::move(jobs), stage.real, stage.progress); }).kind();
    };
    const auto good = job("a", [](const auto&) {});
    auto bad = good;
    BOOST_TEST(refused({good, good}) == core::ErrorKind::misconfigured);
    bad.name = std::string(65, 'x');
    BOOST_TEST(refused({bad}) == core::ErrorKind::misconfigured);
    bad.name.clear();
    BOOST_TEST(refused({bad}) == core::ErrorKind::misconfigured);
    bad = good;
    bad.schedule.interval = 0s;
    BOOST_TEST(refused({bad}) == core::ErrorKind::misconfigured);
    bad = good;
    bad.timeout = 0s;
    BOOST_TEST(refused({bad}) == core::ErrorKind::misconfigured);
    bad = good;
    bad.lock = scheduler::JobLock{.atMost = 0ms, .atLeast = 0ms};
    BOOST_TEST(refused({bad}) == core::ErrorKind::misconfigured);
    bad = good;
    bad.work = nullptr;
    BOOST_TEST(refused({bad}) == core::ErrorKind::misconfigured);
}

BOOST_AUTO_TEST_SUITE_END()
