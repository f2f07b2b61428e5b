// Schedules as people write and read them.
#include "scheduler/schedule_text.hpp"
#include "tests/support/error_of.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;
using scheduler::inWords;
using scheduler::parseSchedule;
using scheduler::Schedule;
using scheduler::scheduleText;

namespace {

std::string words(const std::string& text) { return inWords(parseSchedule(text, "UTC")); }

core::Timestamp at(const std::string& text) { return core::fromRfc3339(text).value(); }

core::Error refused(const std::string& text, const std::string& zone = "UTC") {
    return testing::errorOf([&] { parseSchedule(text, zone); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(schedule_text)

BOOST_AUTO_TEST_CASE(a_schedule_is_written_as_it_is_read) {
    for (const auto* text : {"every 1h", "every 100ms", "after 10s", "after 90m", "0 3 * * MON", "@daily"}) {
        const auto schedule = parseSchedule(text, "UTC");
        BOOST_TEST(scheduleText(schedule) == text);
        scheduler::requireSound(schedule);
    }
    const auto hourly = parseSchedule("every 1h", "UTC");
    BOOST_TEST((hourly.kind == Schedule::Kind::fixed_rate && hourly.interval == 1h));
    const auto after = parseSchedule("after 10s", "UTC");
    BOOST_TEST((after.kind == Schedule::Kind::fixed_delay && after.interval == 10s));
    BOOST_TEST(scheduleText(parseSchedule("every 60m", "UTC")) == "every 1h");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_refused_with_what_may_be_written) {
    for (const auto* text : {"", "every", "every day", "every 5", "every 0s", "after 0ms", "after -1s",
                             "every 367d", "after 99999999999999999999s", "hourly", "61 * * * *"}) {
        const auto error = refused(text);
        BOOST_TEST((error.kind() == core::ErrorKind::misconfigured), text);
        BOOST_TEST(!error.hint().empty(), text);
    }
    BOOST_TEST(
        std::string{refused("every 5x").what()} ==
        "the schedule 'every 5x' cannot be read: '5x' is not a duration; write a whole number and ms, s, m, h or "
        "d, like 50ms");
    BOOST_TEST(std::string{refused("@daily", "Europe/Atlantis").what()}.find("Europe/Atlantis") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(intervals_in_words) {
    BOOST_TEST(words("every 1h") == "every hour");
    BOOST_TEST(words("every 90s") == "every 90 seconds");
    BOOST_TEST(words("after 10s") == "10 seconds after the end of the run before");
    BOOST_TEST(words("after 1h") == "an hour after the end of the run before");
    auto late = parseSchedule("every 1d", "UTC");
    late.jitter = 5min;
    BOOST_TEST(inWords(late) == "every day, each up to 5 minutes later");
}

BOOST_AUTO_TEST_CASE(cron_in_words) {
    const std::pair<const char*, const char*> cases[] = {
        {"0 3 * * *", "at 03:00 every day"},
        {"30 15 3 * * *", "at 03:15:30 every day"},
        {"0 3,15 * * *", "at 03:00 and 15:00 every day"},
        {"0 3 * * MON", "at 03:00 on Monday"},
        {"0 3 * * 1-5", "at 03:00 on Monday to Friday"},
        {"0 3 * * sat,7", "at 03:00 on Saturday and Sunday"},
        {"0 3 * * 5L", "at 03:00 on the last Friday of the month"},
        {"0 3 * * FRI#2", "at 03:00 on the 2nd Friday of the month"},
        {"0 3 1,15 * *", "at 03:00 on the 1st and the 15th"},
        {"0 3 1-7 * *", "at 03:00 on the 1st to 7th"},
        {"0 3 L * *", "at 03:00 on the last day of the month"},
        {"0 3 L-3 * *", "at 03:00 on the day 3 before the last of the month"},
        {"0 3 15W * *", "at 03:00 on the working day nearest to the 15th"},
        {"0 3 LW * *", "at 03:00 on the last working day of the month"},
        {"0 3 1 * MON", "at 03:00 on the 1st, or on Monday"},
        {"0 3 */2 * MON", "at 03:00 on every 2nd day of the month, if it is also on Monday"},
        {"0 3 1 1 *", "at 03:00 on the 1st in January"},
        {"0 3 * JUN-AUG *", "at 03:00 in June to August"},
        {"0 * * * *", "every hour, on the hour"},
        {"@hourly", "every hour, on the hour"},
        {"5,35 * * * *", "at minute 5 and 35 of every hour"},
        {"*/15 9-17 * * MON-FRI", "every 15 minutes of hour 9 to 17 on Monday to Friday"},
        {"* * * * *", "every minute"},
        {"*/7 * * * *", "at every 7th minute of every hour"},
        {"* * * * * *", "every second"},
        {"*/10 * * * * *", "every 10 seconds"},
        {"*/10 */5 * * * *", "every 10 seconds, every 5 minutes"},
        {"0 */6 * * *", "at minute 0 of every 6th hour"},
        {"@weekly", "at 00:00 on Sunday"},
    };
    for (const auto& [text, expected] : cases)
        BOOST_TEST(words(text) == expected, text << ": " << words(text));
}

BOOST_AUTO_TEST_CASE(what_happens_when_clocks_change_is_said_where_they_do) {
    const auto now = at("2026-03-01T00:00:00Z");
    const auto said = [&](const char* text, const char* zone) {
        return scheduler::atClockChanges(parseSchedule(text, zone), now);
    };
    BOOST_TEST(said("30 2 * * *", "UTC").empty());
    BOOST_TEST(said("every 1h", "Europe/Berlin").empty());
    BOOST_TEST(said("30 2 * * *", "Europe/Berlin").find("runs once") != std::string::npos);
    BOOST_TEST(said("*/30 * * * *", "Europe/Berlin").find("follows the wall clock") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_next_runs_are_listed_also_over_a_clock_change) {
    const auto runs =
        scheduler::nextRuns(parseSchedule("30 2 * * *", "Europe/Berlin"), at("2026-03-28T00:00:00Z"), 3);
    BOOST_REQUIRE(runs.size() == 3u);
    BOOST_TEST(core::toRfc3339(runs[0]) == "2026-03-28T01:30:00.000000Z");
    BOOST_TEST(core::toRfc3339(runs[1]) == "2026-03-29T01:00:00.000000Z"); // 02:30 was skipped
    BOOST_TEST(core::toRfc3339(runs[2]) == "2026-03-30T00:30:00.000000Z");
    const auto hourly = scheduler::nextRuns(parseSchedule("every 1h", "UTC"), at("2026-03-28T00:10:00Z"), 2);
    BOOST_TEST((hourly == std::vector{at("2026-03-28T01:10:00Z"), at("2026-03-28T02:10:00Z")}));
    const auto after = scheduler::nextRuns(parseSchedule("after 10s", "UTC"), at("2026-03-28T00:10:00Z"), 1);
    BOOST_TEST((after == std::vector{at("2026-03-28T00:10:10Z")}));
}

BOOST_AUTO_TEST_CASE(jitter_is_bounded_the_same_on_all_nodes_and_never_reaches_the_next_run) {
    auto cron = parseSchedule("*/10 * * * * *", "UTC");
    cron.jitter = 1h;
    auto rate = parseSchedule("every 1h", "UTC");
    rate.jitter = 5s;
    std::chrono::microseconds least = 1h, most = 0s;
    for (const auto planned : scheduler::nextRuns(rate, at("2026-03-28T00:00:00Z"), 500)) {
        const auto jitter = scheduler::jitterOf(rate, "tidy", planned);
        BOOST_TEST((jitter >= 0us && jitter < 5s));
        BOOST_TEST((jitter == scheduler::jitterOf(rate, "tidy", planned)));
        least = std::min(least, jitter);
        most = std::max(most, jitter);
    }
    BOOST_TEST((most - least > 4s)); // it uses the room that it has
    for (const auto planned : scheduler::nextRuns(cron, at("2026-03-28T00:00:00Z"), 100))
        BOOST_TEST((scheduler::jitterOf(cron, "tidy", planned) < 10s));
    const auto first = at("2026-03-28T00:00:00Z");
    BOOST_TEST((scheduler::jitterOf(rate, "tidy", first) != scheduler::jitterOf(rate, "sweep", first)));
    rate.jitter = 0s;
    BOOST_TEST((scheduler::jitterOf(rate, "tidy", first) == 0us));
}

BOOST_AUTO_TEST_SUITE_END()
