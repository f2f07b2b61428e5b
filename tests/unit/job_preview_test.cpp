// When a job will run, as operators are told.
#include "scheduler/job_preview.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;
using scheduler::JobDetails;
using scheduler::previewOf;

namespace {

core::Timestamp at(const char* time) { return core::fromRfc3339(time).value(); }

std::vector<std::string> runs(const JobDetails& job, std::size_t count) {
    std::vector<std::string> texts;
    for (const auto time : previewOf(job, count).next) texts.push_back(core::toRfc3339(time));
    return texts;
}

JobDetails job(const char* schedule, const char* zone = "UTC") {
    JobDetails details{.name = "j", .schedule = schedule, .zone = zone};
    details.seen = at("2026-11-21T10:00:05Z");
    return details;
}

} // namespace

BOOST_AUTO_TEST_SUITE(job_preview)

BOOST_AUTO_TEST_CASE(cron_goes_by_its_zone) {
    const auto preview = previewOf(job("0 3 * * *", "Asia/Seoul"), 2);
    BOOST_TEST(core::toRfc3339(preview.next.at(0)) == "2026-11-21T18:00:00.000000Z");
    BOOST_TEST(core::toRfc3339(preview.next.at(1)) == "2026-11-22T18:00:00.000000Z");
    BOOST_TEST(!preview.words.empty());
}

BOOST_AUTO_TEST_CASE(a_fixed_rate_stays_on_its_beat_however_long_it_stood_still) {
    auto details = job("every 10s");
    details.planned = at("2026-11-19T10:00:03Z");
    BOOST_TEST(runs(details, 2).at(0) == "2026-11-21T10:00:13.000000Z");
    BOOST_TEST(runs(details, 2).at(1) == "2026-11-21T10:00:23.000000Z");
    details.planned = at("2026-11-21T10:00:05Z");
    BOOST_TEST(runs(details, 1).at(0) == "2026-11-21T10:00:15.000000Z");
}

BOOST_AUTO_TEST_CASE(a_fixed_delay_counts_from_the_end_of_the_last_run_and_an_overdue_one_is_due_now) {
    auto details = job("after 10s");
    details.last = scheduler::JobRunDetails{.ended = at("2026-11-21T10:00:01Z")};
    BOOST_TEST(runs(details, 2).at(0) == "2026-11-21T10:00:11.000000Z");
    details.last->ended = at("2026-11-20T10:00:01Z");
    BOOST_TEST(runs(details, 1).at(0) == "2026-11-21T10:00:05.000000Z");
}

BOOST_AUTO_TEST_CASE(a_schedule_of_a_newer_version_is_shown_as_it_is) {
    const auto preview = previewOf(job("whenever it rains"), 3);
    BOOST_TEST(preview.words == "whenever it rains");
    BOOST_TEST(preview.next.empty());
}

BOOST_AUTO_TEST_SUITE_END()
