// One run of a job: lock, work, watch, history. The clock stands still unless a test moves it; the watching thread
// waits in real milliseconds for what its clock shows, so the leases here are short.
#include "tests/support/job_stage.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::Job;
using scheduler::JobContext;
using scheduler::JobLock;
using scheduler::JobRunner;
using Outcome = scheduler::JobRun::Outcome;

namespace {

Job job(std::function<void(const JobContext&)> work, std::optional<JobLock> lock = std::nullopt) {
    return {.name = "tidy",
            .schedule = {scheduler::Schedule::Kind::fixed_delay, 1s, 0s},
            .lock = lock,
            .timeout = 1h,
            .history = Job::History::every_run,
            .work = std::move(work)};
}

constexpr JobLock kShort{.atMost = 30ms, .atLeast = 0ms};

} // namespace

BOOST_AUTO_TEST_SUITE(job_runner)

BOOST_AUTO_TEST_CASE(a_run_is_recorded_with_its_term_and_times) {
    JobStage stage;
    std::string term;
    const auto locked = job(
        [&](const JobContext& context) {
            term = context.term->holder;
            BOOST_TEST(!stage.locks.isFree("tidy"));
            stage.clock.advance(3s);
        },
        JobLock{});
    const auto run = JobRunner(locked, stage.environment).runOnce({});
    BOOST_TEST((run.outcome == Outcome::done));
    BOOST_TEST(run.job == "tidy");
    BOOST_TEST(run.term == term);
    BOOST_TEST(term.starts_with("node-1:"));
    BOOST_TEST((run.ended - run.started == 3s));
    BOOST_TEST(stage.locks.isFree("tidy"));
    BOOST_TEST(stage.history.runs().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_locked_job_runs_on_one_node) {
    JobStage stage;
    int inner = 0;
    auto other = stage.environment;
    other.node = "node-2";
    const auto never = job([&](const JobContext&) { ++inner; }, JobLock{});
    JobRunner second(never, other);
    const auto first = job(
        [&](const JobContext& context) {
            const auto run = second.runOnce({});
            BOOST_TEST((run.outcome == Outcome::skipped));
            BOOST_TEST((run.skip == scheduler::SkipReason::held_elsewhere));
            BOOST_TEST(run.holder == context.term->holder);
            BOOST_TEST(run.term.empty());
        },
        JobLock{});
    BOOST_TEST((JobRunner(first, stage.environment).runOnce({}).outcome == Outcome::done));
    BOOST_TEST(inner == 0);
    second.learn(stage.board.job("tidy"));
    BOOST_TEST((second.runOnce({}).outcome == Outcome::done));
    BOOST_TEST(inner == 1);
}

BOOST_AUTO_TEST_CASE(a_fence_that_refuses_makes_the_run_lost_and_not_failed) {
    JobStage stage;
    const auto fenced =
        job([](const JobContext& context) { throw scheduler::TermLost(context.term.value()); }, JobLock{});
    const auto run = JobRunner(fenced, stage.environment).runOnce({});
    BOOST_TEST((run.outcome == Outcome::lost));
    BOOST_TEST(run.detail == "the lock 'tidy' was lost; nothing was written under it");
}

BOOST_AUTO_TEST_CASE(a_lock_is_kept_for_its_least_time) {
    JobStage stage;
    const auto paced = job([](const JobContext&) {}, JobLock{.atMost = 30s, .atLeast = 10s});
    JobRunner runner(paced, stage.environment);
    BOOST_TEST((runner.runOnce({}).outcome == Outcome::done));
    stage.clock.advance(9s);
    BOOST_TEST((runner.runOnce({}).outcome == Outcome::skipped));
    stage.clock.advance(1s);
    runner.learn(stage.board.job("tidy"));
    BOOST_TEST((runner.runOnce({}).outcome == Outcome::done));
}

BOOST_AUTO_TEST_CASE(a_lease_that_is_refused_cancels_the_job_and_is_recorded_as_lost) {
    JobStage stage;
    const auto robbed = job(
        [&](const JobContext& context) {
            stage.locks.steal("tidy");
            stage.clock.advance(10ms);
            awaitCancel(context.cancelled);
        },
        kShort);
    BOOST_TEST((JobRunner(robbed, stage.environment).runOnce({}).outcome == Outcome::lost));
    BOOST_TEST((stage.history.runs().at(0).outcome == Outcome::lost));
    BOOST_TEST(stage.locks.holderOf("tidy") == "thief"); // and the thief's lock was not released
}

BOOST_AUTO_TEST_CASE(a_lease_that_runs_out_while_the_database_is_away_cancels_the_job) {
    JobStage stage;
    const auto cut = job(
        [&](const JobContext& context) {
            stage.locks.goDown();
            stage.clock.advance(30ms);
            awaitCancel(context.cancelled);
        },
        kShort);
    const auto run = JobRunner(cut, stage.environment).runOnce({});
    BOOST_TEST((run.outcome == Outcome::lost));
    BOOST_TEST(stage.logger.said("job_unlock_failed"));
}

BOOST_AUTO_TEST_CASE(a_renewal_whose_answer_comes_after_the_lease_is_too_late) {
    JobStage stage;
    const auto slow = job(
        [&](const JobContext& context) {
            stage.locks.answerLate(40ms);
            stage.clock.advance(10ms);
            awaitCancel(context.cancelled);
        },
        kShort);
    BOOST_TEST((JobRunner(slow, stage.environment).runOnce({}).outcome == Outcome::lost));
    BOOST_TEST(stage.locks.renewals() == 1);
}

BOOST_AUTO_TEST_CASE(a_lock_whose_answer_comes_after_the_lease_is_too_late) {
    JobStage stage;
    stage.locks.answerLate(30ms);
    const auto slow = job([](const JobContext& context) { awaitCancel(context.cancelled); }, kShort);
    BOOST_TEST((JobRunner(slow, stage.environment).runOnce({}).outcome == Outcome::lost));
}

BOOST_AUTO_TEST_CASE(a_database_that_is_away_for_a_moment_costs_no_lease) {
    JobStage stage;
    const auto patient = job(
        [&](const JobContext& context) {
            const auto awaitRenewal = [&](int count) {
                while (stage.locks.renewals() < count && !context.cancelled.stop_requested())
                    std::this_thread::yield();
            };
            stage.locks.goDown();
            stage.clock.advance(10ms);
            awaitRenewal(1);
            stage.locks.comeBack();
            stage.clock.advance(10ms);
            awaitRenewal(2);
            BOOST_TEST(!context.cancelled.stop_requested());
        },
        kShort);
    BOOST_TEST((JobRunner(patient, stage.environment).runOnce({}).outcome == Outcome::done));
}

BOOST_AUTO_TEST_CASE(a_long_job_keeps_its_lease) {
    JobStage stage;
    const auto patient = job(
        [&](const JobContext& context) {
            for (int renewals = 1; renewals <= 20; ++renewals) {
                stage.clock.advance(10ms);
                while (stage.locks.renewals() < renewals && !context.cancelled.stop_requested())
                    std::this_thread::yield();
            }
            BOOST_TEST(!context.cancelled.stop_requested());
        },
        kShort);
    BOOST_TEST((JobRunner(patient, stage.environment).runOnce({}).outcome == Outcome::done));
}

BOOST_AUTO_TEST_CASE(a_job_over_its_time_limit_is_cancelled_and_failed) {
    JobStage stage;
    auto slow = job([&](const JobContext& context) {
        stage.clock.advance(5ms);
        awaitCancel(context.cancelled);
    });
    slow.timeout = 5ms;
    const auto run = JobRunner(slow, stage.environment).runOnce({});
    BOOST_TEST((run.outcome == Outcome::failed));
    BOOST_TEST(run.detail == "cancelled at its time limit");
}

BOOST_AUTO_TEST_CASE(an_exception_is_a_failure_with_its_message) {
    JobStage stage;
    const auto broken = job([](const JobContext&) { throw std::runtime_error("no paper"); }, JobLock{});
    const auto run = JobRunner(broken, stage.environment).runOnce({});
    BOOST_TEST((run.outcome == Outcome::failed));
    BOOST_TEST(run.detail == "no paper");
    BOOST_TEST(stage.locks.isFree("tidy"));
    BOOST_TEST(stage.logger.said("job_failed job=tidy outcome=failed error=no paper"));
}

BOOST_AUTO_TEST_CASE(whatever_a_job_throws_does_not_end_the_daemon) {
    JobStage stage;
    const auto odd = job([](const JobContext&) { throw 42; }, JobLock{});
    BOOST_TEST((JobRunner(odd, stage.environment).runOnce({}).outcome == Outcome::failed));
    BOOST_TEST(stage.locks.isFree("tidy"));
}

BOOST_AUTO_TEST_CASE(a_lock_that_cannot_be_asked_for_is_a_failure) {
    JobStage stage;
    stage.locks.goDown();
    stage.history.goDown();
    bool ran = false;
    const auto locked = job([&](const JobContext&) { ran = true; }, JobLock{});
    BOOST_TEST((JobRunner(locked, stage.environment).runOnce({}).outcome == Outcome::failed));
    BOOST_TEST(!ran);
    BOOST_TEST(stage.logger.said("job_history_failed"));
}

BOOST_AUTO_TEST_CASE(stopping_cancels_the_work) {
    JobStage stage;
    std::stop_source stop;
    const auto long_one = job(
        [&](const JobContext& context) {
            stop.request_stop();
            awaitCancel(context.cancelled);
        },
        JobLock{});
    const auto run = JobRunner(long_one, stage.environment).runOnce(stop.get_token());
    BOOST_TEST((run.outcome == Outcome::cancelled));
    BOOST_TEST(stage.locks.isFree("tidy"));
}

BOOST_AUTO_TEST_CASE(a_run_stands_on_the_board_while_it_goes_on_and_with_its_end) {
    JobStage stage;
    using State = scheduler::JobView::State;
    const auto looking = job(
        [&](const JobContext& context) {
            const auto seen = stage.board.job("tidy");
            BOOST_TEST((seen.state == State::running));
            BOOST_TEST(seen.node == "node-1");
            BOOST_TEST(seen.term == context.term->holder);
            BOOST_TEST(!seen.ended.has_value());
            throw std::runtime_error("no");
        },
        JobLock{});
    JobRunner(looking, stage.environment).runOnce({});
    BOOST_TEST((stage.board.job("tidy").state == State::failed));
    BOOST_TEST(stage.board.job("tidy").ended.has_value());
}

// The run is done and nobody may be told: the database is away just now.
BOOST_AUTO_TEST_CASE(an_end_that_the_board_could_not_hear_is_told_when_it_is_back) {
    JobStage stage;
    const auto cut = job([&](const JobContext&) { stage.locks.goDown(); }, JobLock{});
    JobRunner runner(cut, stage.environment);
    BOOST_TEST((runner.runOnce({}).outcome == Outcome::done));
    BOOST_TEST(runner.known() == nullptr);
    BOOST_TEST(stage.history.runs().empty());
    stage.locks.comeBack();
    BOOST_TEST(!stage.locks.isFree("tidy"));
    runner.learn(stage.board.job("tidy"));
    BOOST_TEST((stage.board.job("tidy").state == scheduler::JobView::State::done));
    BOOST_TEST(stage.locks.isFree("tidy"));
    BOOST_REQUIRE(stage.history.runs().size() == 1u);
    BOOST_TEST((stage.history.runs().at(0).outcome == Outcome::done));
}

// It may have begun: then it stands on the board as running, an order is taken, and nobody works.
BOOST_AUTO_TEST_CASE(a_run_whose_begin_got_no_answer_is_ended_as_cancelled) {
    JobStage stage;
    bool ran = false;
    const auto never = job([&](const JobContext&) { ran = true; }, JobLock{});
    stage.board.ask("tidy", "ann");
    stage.board.loseNextAnswer();
    JobRunner runner(never, stage.environment);
    runner.learn(stage.board.job("tidy"));
    BOOST_TEST((runner.runOnce({}, {.planned = {}, .asked = true}).outcome == Outcome::failed));
    BOOST_TEST(!ran);
    runner.learn(stage.board.job("tidy"));
    BOOST_TEST((stage.board.job("tidy").state == scheduler::JobView::State::cancelled));
    BOOST_REQUIRE(stage.history.runs().size() == 2u);
    BOOST_TEST((stage.history.runs().at(1).outcome == Outcome::cancelled));
    BOOST_TEST(stage.history.runs().at(1).askedBy == "ann");
}

BOOST_AUTO_TEST_CASE(a_poll_loop_writes_its_transitions_only) {
    JobStage stage;
    bool fails = false;
    auto poll = job([&](const JobContext&) {
        if (fails) throw std::runtime_error("no");
    });
    poll.history = Job::History::transitions;
    JobRunner runner(poll, stage.environment);
    for (const bool now : {false, false, true, true, true, false, false}) {
        fails = now;
        runner.runOnce({});
    }
    std::vector<Outcome> outcomes;
    for (const auto& run : stage.history.runs()) outcomes.push_back(run.outcome);
    BOOST_TEST((outcomes == std::vector{Outcome::done, Outcome::failed, Outcome::done}));
}

BOOST_AUTO_TEST_CASE(a_skip_because_of_another_holder_is_another_transition) {
    JobStage stage;
    auto poll = job([](const JobContext&) {});
    poll.history = Job::History::transitions;
    JobRunner runner(poll, stage.environment);
    for (const auto* holder : {"n-2:7:u", "n-2:7:u", "n-3:8:v"})
        runner.skip({scheduler::SkipReason::held_elsewhere, std::nullopt, holder, {}});
    const auto runs = stage.history.runs();
    BOOST_TEST(runs.size() == 2U);
    BOOST_TEST(runs.at(0).holder == "n-2:7:u");
    BOOST_TEST(runs.at(1).holder == "n-3:8:v");
}

BOOST_AUTO_TEST_SUITE_END()
