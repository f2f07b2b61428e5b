// When jobs with a lock are due, and what the database's clock shows: pure arithmetic.
#include "scheduler/cluster_timer.hpp"
#include "scheduler/database_time.hpp"
#include "scheduler/schedule_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;
using core::Instant;
using core::Timestamp;
using scheduler::ClusterTimer;
using scheduler::JobView;
using scheduler::Schedule;
using scheduler::SkipReason;
using State = JobView::State;

namespace {

constexpr Timestamp kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

std::string text(Timestamp time) { return core::toRfc3339(time).substr(0, 19); }

// What a turn says, in one line.
std::string said(const ClusterTimer::Turn& turn) {
    if (const auto* wait = std::get_if<ClusterTimer::Wait>(&turn)) return "wait " + text(wait->until);
    if (const auto* begin = std::get_if<ClusterTimer::Begin>(&turn))
        return std::string{"begin"} + (begin->planned ? " " + text(*begin->planned) : "") +
               (begin->asked ? " asked" : "");
    const auto& skip = std::get<ClusterTimer::Skip>(turn);
    return "skip " + std::string{name(skip.reason)} + (skip.planned ? " " + text(*skip.planned) : "") +
           (skip.holder.empty() ? "" : " " + skip.holder);
}

struct Scene {
    explicit Scene(const std::string& schedule, const std::string& zone = "UTC")
        : plan(scheduler::parseSchedule(schedule, zone)) {}

    Schedule plan;
    JobView job{.job = "tidy"};
    std::optional<ClusterTimer> timer = {};

    std::string at(Timestamp now) {
        if (!timer) timer.emplace(plan, "tidy", "a", kStart + plan.initialDelay);
        return said(timer->look(job, now));
    }
    std::string at(const std::string& now) { return at(core::fromRfc3339(now + "Z").value()); }
    // A run of this planned time, by `node`.
    void ran(Timestamp planned, Timestamp ended, const std::string& node = "b") {
        job.planned = planned;
        job.started = planned;
        job.ended = ended;
        job.state = State::done;
        job.node = node;
        job.term = job.holder = node + ":1:x";
        job.heldUntil = ended;
    }
    void runs(Timestamp planned, Timestamp heldUntil, const std::string& node = "b") {
        ran(planned, planned, node);
        job.ended.reset();
        job.state = State::running;
        job.heldUntil = heldUntil;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(cluster_timer)

BOOST_AUTO_TEST_CASE(a_fixed_delay_counts_from_the_end_of_the_last_run_by_any_node) {
    Scene scene("after 10s");
    BOOST_TEST(scene.at(kStart) == "begin 2026-01-01T00:00:00");
    scene.ran(kStart, kStart + 47s);
    BOOST_TEST(scene.at(kStart + 50s) == "wait 2026-01-01T00:00:57");
    BOOST_TEST(scene.at(kStart + 57s) == "begin 2026-01-01T00:00:57");
}

BOOST_AUTO_TEST_CASE(nothing_is_planned_before_the_initial_delay_is_over) {
    Scene scene("after 10s");
    scene.plan.initialDelay = 3s;
    BOOST_TEST(scene.at(kStart) == "wait 2026-01-01T00:00:03");
    scene.job.asked = JobView::Order{kStart, "ann"};
    BOOST_TEST(scene.at(kStart) == "begin asked");
}

BOOST_AUTO_TEST_CASE(
    while_another_node_runs_it_a_fixed_delay_is_not_due_until_the_interval_and_the_lease_are_over) {
    Scene scene("after 10s");
    scene.runs(kStart, kStart + 30s);
    BOOST_TEST(scene.at(kStart + 5s) == "wait 2026-01-01T00:00:10");
    BOOST_TEST(scene.at(kStart + 10s) == "skip HELD_ELSEWHERE b:1:x"); // noted
    BOOST_TEST(scene.at(kStart + 10s) == "wait 2026-01-01T00:00:20");
    BOOST_TEST(scene.at(kStart + 30s) == "begin 2026-01-01T00:00:10"); // it died
}

BOOST_AUTO_TEST_CASE(a_fixed_rate_keeps_the_beat_of_whoever_began_it) {
    Scene scene("every 1m");
    BOOST_TEST(scene.at(kStart) == "begin 2026-01-01T00:00:00");
    scene.ran(kStart + 10s, kStart + 30s);
    BOOST_TEST(scene.at(kStart + 40s) == "skip ALREADY_RUN 2026-01-01T00:00:00");
    BOOST_TEST(scene.at(kStart + 40s) == "wait 2026-01-01T00:01:10");
    BOOST_TEST(scene.at(kStart + 70s) == "begin 2026-01-01T00:01:10");
    BOOST_TEST(scene.at(kStart + 10min) == "begin 2026-01-01T00:09:10"); // the last one, and no other
}

BOOST_AUTO_TEST_CASE(cron_runs_over_a_clock_change) {
    Scene scene("30 2 * * *", "Europe/Berlin");
    BOOST_TEST(scene.at("2026-03-28T00:00:00") != "");
    scene.ran(core::fromRfc3339("2026-03-28T01:30:00Z").value(),
              core::fromRfc3339("2026-03-28T01:31:00Z").value(), "a");
    BOOST_TEST(scene.at("2026-03-28T12:00:00") ==
               "wait 2026-03-29T01:00:00"); // 02:30 is skipped: at the jump
    BOOST_TEST(scene.at("2026-03-29T01:00:00") == "begin 2026-03-29T01:00:00");
    scene.ran(core::fromRfc3339("2026-10-24T00:30:00Z").value(),
              core::fromRfc3339("2026-10-24T00:31:00Z").value(), "a");
    BOOST_TEST(scene.at("2026-10-25T00:30:00") == "begin 2026-10-25T00:30:00"); // the first pass
    scene.ran(core::fromRfc3339("2026-10-25T00:30:00Z").value(),
              core::fromRfc3339("2026-10-25T00:31:00Z").value(), "a");
    BOOST_TEST(scene.at("2026-10-25T01:30:00") == "wait 2026-10-26T01:30:00"); // and not the second
}

BOOST_AUTO_TEST_CASE(cron_begins_after_the_start_if_it_never_ran) {
    Scene scene("0 3 * * *");
    BOOST_TEST(scene.at("2026-01-01T00:00:00") == "wait 2026-01-01T03:00:00");
    BOOST_TEST(scene.at("2026-01-01T03:00:00") == "begin 2026-01-01T03:00:00");
}

BOOST_AUTO_TEST_CASE(a_planned_time_that_nobody_could_begin_is_skipped_or_made_good_once) {
    Scene skips("0 3 * * *");
    skips.ran(kStart + 3h, kStart + 4h, "a");
    // Everybody was away for three days.
    BOOST_TEST(skips.at("2026-01-04T03:00:30") == "begin 2026-01-04T03:00:00");
    BOOST_TEST(skips.at("2026-01-04T05:00:00") == "skip MISSED 2026-01-04T03:00:00");
    BOOST_TEST(skips.at("2026-01-04T05:00:00") == "wait 2026-01-05T03:00:00");
    Scene runs("0 3 * * *");
    runs.plan.misfire = Schedule::Misfire::run;
    runs.ran(kStart + 3h, kStart + 4h, "a");
    BOOST_TEST(runs.at("2026-01-04T05:00:00") == "begin 2026-01-04T03:00:00");
    runs.ran(core::fromRfc3339("2026-01-04T03:00:00Z").value(),
             core::fromRfc3339("2026-01-04T05:00:10Z").value(), "a");
    BOOST_TEST(runs.at("2026-01-04T05:00:10") == "wait 2026-01-05T03:00:00");
}

BOOST_AUTO_TEST_CASE(after_a_year_of_absence_the_last_of_many_planned_times_is_found) {
    Scene scene("* * * * * *");
    scene.ran(kStart, kStart, "a");
    BOOST_TEST(scene.at("2027-01-01T00:00:00") == "begin 2027-01-01T00:00:00");
}

BOOST_AUTO_TEST_CASE(a_paused_job_is_skipped_once_for_each_planned_time_and_resumes_with_the_next) {
    Scene scene("0 * * * *");
    scene.ran(kStart, kStart, "a");
    scene.job.paused = {"ann", "audit"};
    BOOST_TEST(scene.at(kStart + 30min) == "wait 2026-01-01T01:00:00");
    BOOST_TEST(scene.at(kStart + 1h) == "skip PAUSED 2026-01-01T01:00:00");
    BOOST_TEST(scene.at(kStart + 1h) == "wait 2026-01-01T02:00:00");
    BOOST_TEST(scene.at(kStart + 2h) == "skip PAUSED 2026-01-01T02:00:00");
    scene.job.paused.reset();
    BOOST_TEST(scene.at(kStart + 2h + 10min) == "wait 2026-01-01T03:00:00");
    BOOST_TEST(scene.at(kStart + 3h) == "begin 2026-01-01T03:00:00");
}

BOOST_AUTO_TEST_CASE(a_pause_counts_as_missing_for_jobs_that_make_good) {
    Scene scene("0 * * * *");
    scene.plan.misfire = Schedule::Misfire::run;
    scene.ran(kStart, kStart, "a");
    scene.job.paused = {"ann", ""};
    BOOST_TEST(scene.at(kStart + 1h) == "skip PAUSED 2026-01-01T01:00:00");
    scene.job.paused.reset();
    BOOST_TEST(scene.at(kStart + 90min) == "begin 2026-01-01T01:00:00");
}

BOOST_AUTO_TEST_CASE(who_paused_it_stands_in_the_skip) {
    Scene scene("after 10s");
    scene.job.paused = {"ann", "audit"};
    scene.timer.emplace(scene.plan, "tidy", "a", kStart);
    const auto turn = scene.timer->look(scene.job, kStart);
    BOOST_TEST(std::get<ClusterTimer::Skip>(turn).detail == "paused by ann: audit");
}

BOOST_AUTO_TEST_CASE(an_order_is_begun_as_soon_as_the_lock_is_free_also_of_a_paused_job) {
    Scene scene("0 * * * *");
    scene.ran(kStart, kStart, "a");
    scene.job.paused = {"ann", ""};
    scene.job.asked = JobView::Order{kStart + 1min, "ben"};
    scene.job.heldUntil = kStart + 5min;
    BOOST_TEST(scene.at(kStart + 2min) == "wait 2026-01-01T00:05:00");
    BOOST_TEST(scene.at(kStart + 5min) == "begin asked");
    scene.job.paused.reset();
    BOOST_TEST(scene.at(kStart + 1h) == "begin 2026-01-01T01:00:00 asked"); // one run serves both
}

BOOST_AUTO_TEST_CASE(a_planned_run_waits_a_minute_for_the_lock_and_is_skipped_with_its_holder) {
    Scene scene("0 * * * *");
    scene.ran(kStart, kStart, "a");
    scene.job.holder = "java-1";
    scene.job.heldUntil = kStart + 2h;
    BOOST_TEST(scene.at(kStart + 1h) == "wait 2026-01-01T01:01:00");
    BOOST_TEST(scene.at(kStart + 1h + 61s) == "skip HELD_ELSEWHERE 2026-01-01T01:00:00 java-1");
    BOOST_TEST(scene.at(kStart + 1h + 61s) == "wait 2026-01-01T02:00:00");
}

BOOST_AUTO_TEST_CASE(a_node_that_died_holding_the_lock_costs_no_planned_run) {
    Scene scene("0 * * * *");
    scene.runs(kStart, kStart + 1h + 20s); // it renewed its lease until then
    BOOST_TEST(scene.at(kStart + 1h) == "wait 2026-01-01T01:00:20");
    BOOST_TEST(scene.at(kStart + 1h + 20s) == "begin 2026-01-01T01:00:00");
}

BOOST_AUTO_TEST_CASE(a_planned_time_that_another_node_began_is_skipped_by_this_one) {
    Scene scene("0 * * * *");
    scene.ran(kStart, kStart, "a");
    BOOST_TEST(scene.at(kStart + 30min) == "wait 2026-01-01T01:00:00");
    scene.runs(kStart + 1h, kStart + 1h + 30s);
    BOOST_TEST(scene.at(kStart + 1h + 1s) == "skip HELD_ELSEWHERE 2026-01-01T01:00:00 b:1:x");
    BOOST_TEST(scene.at(kStart + 1h + 1s) == "wait 2026-01-01T02:00:00");
    scene.ran(kStart + 2h, kStart + 2h);
    BOOST_TEST(scene.at(kStart + 2h + 1s) == "skip ALREADY_RUN 2026-01-01T02:00:00");
    scene.at(kStart + 2h + 1s);
    scene.ran(kStart + 3h, kStart + 3h, "a");
    BOOST_TEST(scene.at(kStart + 3h + 1s) == "wait 2026-01-01T04:00:00"); // its own
}

BOOST_AUTO_TEST_CASE(jitter_makes_a_run_late_and_leaves_its_planned_time) {
    Scene scene("0 * * * *");
    scene.plan.jitter = 10min;
    scene.ran(kStart, kStart, "a");
    const auto jitter = scheduler::jitterOf(scene.plan, "tidy", kStart + 1h);
    BOOST_TEST((jitter > 0us && jitter < 10min));
    BOOST_TEST(scene.at(kStart + 1h) == "wait " + text(kStart + 1h + jitter));
    BOOST_TEST(scene.at(kStart + 1h + jitter) == "begin 2026-01-01T01:00:00");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(database_time)

// It was read between question and answer: by now it shows at least what it did then and what has passed since the answer.
BOOST_AUTO_TEST_CASE(it_is_never_ahead_of_the_databases_clock) {
    scheduler::DatabaseTime time;
    BOOST_TEST(!time.at(Instant{5s}).has_value());
    time.learn(Instant{10s}, Instant{10s + 20ms}, kStart);
    BOOST_TEST((time.at(Instant{10s + 20ms}) == kStart));
    BOOST_TEST((time.at(Instant{70s + 20ms}) == kStart + 60s));
}

BOOST_AUTO_TEST_CASE(a_slow_answer_changes_nothing_unless_it_proves_that_the_clock_was_set) {
    scheduler::DatabaseTime time;
    time.learn(Instant{10s}, Instant{10s + 2ms}, kStart);
    time.learn(Instant{11s}, Instant{14s}, kStart + 1s + 100ms); // it may have been read when it was asked
    BOOST_TEST((time.at(Instant{10s + 2ms}) == kStart));
    time.learn(Instant{20s}, Instant{23s}, kStart + 1h);
    BOOST_TEST((time.at(Instant{23s}) == kStart + 1h));
}

BOOST_AUTO_TEST_CASE(what_is_known_gets_worse_with_age) {
    scheduler::DatabaseTime time;
    time.learn(Instant{0s}, Instant{2ms}, kStart);
    time.learn(Instant{100s}, Instant{100s + 40ms},
               kStart + 100s + 50ms); // as good as what is a hundred seconds old
    BOOST_TEST((time.at(Instant{100s + 40ms}) == kStart + 100s + 50ms));
}

BOOST_AUTO_TEST_SUITE_END()
