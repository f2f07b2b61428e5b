// When jobs are due, and what is decided over a run: pure arithmetic.
#include "scheduler/run_watch.hpp"
#include "scheduler/schedule.hpp"
#include "tests/support/error_of.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;
using core::Instant;
using scheduler::JobTimer;
using scheduler::RunWatch;
using scheduler::Schedule;
using Due = RunWatch::Due;

namespace {

constexpr Instant at(std::chrono::microseconds time) { return Instant{time}; }

JobTimer fixedRate(std::chrono::microseconds interval, std::chrono::microseconds delay = 0s) {
    return JobTimer({Schedule::Kind::fixed_rate, interval, delay}, "tidy", at(0s));
}

// The calendar, which is of no meaning to intervals.
constexpr core::Timestamp kToday{};

bool isDue(JobTimer& timer, Instant now) { return timer.isDue(now, kToday); }
void ran(JobTimer& timer, Instant now) { timer.ran(now, kToday); }
Instant dueAt(JobTimer& timer, Instant now = at(0s)) { return now + timer.untilDue(now, kToday); }

} // namespace

namespace std::chrono {
template <class Time>
std::ostream& operator<<(std::ostream& out, const time_point<core::BootTime, Time>& when) {
    return out << when.time_since_epoch().count() << " us";
}
} // namespace std::chrono

BOOST_AUTO_TEST_SUITE(schedule)

BOOST_AUTO_TEST_CASE(a_job_is_first_due_after_its_initial_delay) {
    auto timer = fixedRate(10s, 3s);
    BOOST_TEST(!isDue(timer, at(2s)));
    BOOST_TEST(isDue(timer, at(3s)));
}

BOOST_AUTO_TEST_CASE(fixed_rate_keeps_the_beat_however_long_a_run_takes) {
    auto timer = fixedRate(10s);
    ran(timer, at(4s));
    BOOST_TEST(dueAt(timer) == at(10s));
    ran(timer, at(11s));
    BOOST_TEST(dueAt(timer) == at(20s));
}

BOOST_AUTO_TEST_CASE(fixed_rate_does_not_make_up_for_missed_runs) {
    auto timer = fixedRate(10s);
    ran(timer, at(47s)); // 10, 20, 30 and 40 were missed
    BOOST_TEST(dueAt(timer) == at(50s));
    ran(timer, at(51s));
    BOOST_TEST(dueAt(timer) == at(60s));
}

// The beat that falls on a run's end is not missed, it is now. It was passed over.
BOOST_AUTO_TEST_CASE(a_run_that_ends_on_a_beat_is_followed_by_that_beat) {
    auto timer = fixedRate(10s);
    ran(timer, at(10s));
    BOOST_TEST(dueAt(timer) == at(10s));
    ran(timer, at(30s));
    BOOST_TEST(dueAt(timer) == at(30s));
    ran(timer, at(30s + 1us));
    BOOST_TEST(dueAt(timer) == at(40s));
}

BOOST_AUTO_TEST_CASE(fixed_delay_counts_from_the_end) {
    JobTimer timer({Schedule::Kind::fixed_delay, 10s, 0s}, "tidy", at(0s));
    ran(timer, at(47s));
    BOOST_TEST(dueAt(timer) == at(57s));
}

BOOST_AUTO_TEST_CASE(an_interval_of_zero_is_refused) {
    BOOST_TEST(testing::errorOf([] { fixedRate(0s); }).kind() == core::ErrorKind::misconfigured);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(run_watch)

BOOST_AUTO_TEST_CASE(a_run_without_a_lock_ends_at_its_time_limit) {
    RunWatch watch(at(5s), 60s, std::nullopt);
    BOOST_TEST((watch.look(at(5s)) == Due::nothing));
    BOOST_TEST(watch.next() == at(65s));
    BOOST_TEST((watch.look(at(64s)) == Due::nothing));
    BOOST_TEST(!watch.timedOut());
    BOOST_TEST((watch.look(at(65s)) == Due::end));
    BOOST_TEST(watch.timedOut());
    BOOST_TEST(watch.over());
}

BOOST_AUTO_TEST_CASE(the_lease_is_renewed_at_a_third_of_its_time) {
    RunWatch watch(at(1s), 1h, RunWatch::Lease{at(0s), 30s});
    BOOST_TEST(watch.next() == at(10s));
    BOOST_TEST((watch.look(at(9s)) == Due::nothing));
    BOOST_TEST((watch.look(at(10s)) == Due::renewal));
    watch.renewed(at(10s));
    BOOST_TEST(watch.next() == at(20s));
    BOOST_TEST((watch.look(at(39s)) == Due::renewal)); // the lease now lasts until 40 s
    BOOST_TEST(!watch.lost());
}

BOOST_AUTO_TEST_CASE(slow_renewal_does_not_extend_the_lease) {
    RunWatch watch(at(0s), 1h, RunWatch::Lease{at(0s), 30s});
    BOOST_TEST((watch.look(at(10s)) == Due::renewal));
    watch.renewed(at(10s)); // answered at 41 s: the database may have counted from 10 s
    BOOST_TEST((watch.look(at(41s)) == Due::end));
    BOOST_TEST(watch.lost());
}

BOOST_AUTO_TEST_CASE(a_lock_that_was_slow_to_take_counts_from_before_it_was_asked_for) {
    RunWatch watch(at(29s), 1h, RunWatch::Lease{at(0s), 30s});
    BOOST_TEST((watch.look(at(29s)) == Due::renewal));
    BOOST_TEST((watch.look(at(30s)) == Due::end));
}

BOOST_AUTO_TEST_CASE(a_refused_renewal_loses_the_lease_at_once) {
    RunWatch watch(at(0s), 1h, RunWatch::Lease{at(0s), 30s});
    watch.refused();
    BOOST_TEST((watch.look(at(10s)) == Due::end));
    BOOST_TEST(watch.lost());
    BOOST_TEST(watch.over());
}

// The time of the question was compared with the lease's end, not that of the answer: a database that took twelve
// seconds to fail kept a lost run going.
BOOST_AUTO_TEST_CASE(a_database_that_does_not_answer_is_asked_again_until_the_lease_is_over) {
    RunWatch watch(at(0s), 1h, RunWatch::Lease{at(0s), 30s});
    watch.unanswered(at(12s));
    BOOST_TEST(watch.next() == at(15s));
    BOOST_TEST((watch.look(at(15s)) == Due::renewal));
    watch.unanswered(at(29s));
    BOOST_TEST(watch.next() == at(30s));
    BOOST_TEST(!watch.lost());
    BOOST_TEST((watch.look(at(30s)) == Due::end));
    BOOST_TEST(watch.lost());
}

BOOST_AUTO_TEST_CASE(a_run_whose_time_is_up_keeps_its_lease_until_it_returns) {
    RunWatch watch(at(0s), 25s, RunWatch::Lease{at(0s), 30s});
    watch.renewed(at(20s));
    BOOST_TEST((watch.look(at(25s)) == Due::end));
    BOOST_TEST(!watch.over());
    BOOST_TEST(watch.next() == at(30s));
    BOOST_TEST((watch.look(at(30s)) == Due::renewal));
}

BOOST_AUTO_TEST_SUITE_END()
