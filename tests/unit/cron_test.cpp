// When cron expressions are due: against other implementations' answers, and by rules that they do not know.
#include "scheduler/cron.hpp"
#include "tests/support/error_of.hpp"

#include <boost/test/unit_test.hpp>
#include <date/tz.h>

#include <cstdio>
#include <fstream>
#include <sstream>

using namespace outboxd;
using scheduler::Cron;

namespace {

core::Timestamp moment(const std::string& text) {
    using namespace std::chrono;
    int year = 0;
    unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
    BOOST_REQUIRE(
        std::sscanf(text.c_str(), "%d-%u-%uT%u:%u:%u", &year, &month, &day, &hour, &minute, &second) == 6);
    const year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
    return sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
}

std::string text(core::Timestamp time) {
    return date::format("%FT%T", std::chrono::floor<std::chrono::seconds>(time));
}

std::vector<std::string> runs(const Cron& cron, const std::string& zone, const std::string& start,
                              int number) {
    std::vector<std::string> found;
    auto time = moment(start);
    for (int i = 0; i < number; ++i) {
        const auto next = cron.next(time, scheduler::timeZone(zone));
        if (!next) break;
        time = *next;
        found.push_back(text(time));
    }
    return found;
}
std::vector<std::string> runs(const std::string& expression, const std::string& start, int number) {
    return runs(Cron::parse(expression), "UTC", start, number);
}

std::string refusal(const std::string& expression) {
    const auto error = testing::errorOf([&] { Cron::parse(expression); });
    BOOST_TEST((error.kind() == core::ErrorKind::misconfigured));
    BOOST_TEST(!error.hint().empty());
    return error.what();
}

using Texts = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(cron)

BOOST_AUTO_TEST_CASE(the_next_ten_runs_are_those_of_two_other_implementations) {
    std::ifstream golden(OUTBOXD_SOURCE_DIR "/tests/golden/cron_runs.tsv");
    int cases = 0;
    for (std::string line; std::getline(golden, line);) {
        if (line.starts_with('#')) continue;
        Texts cells;
        std::istringstream in(line);
        for (std::string cell; std::getline(in, cell, '\t');) cells.push_back(cell);
        BOOST_REQUIRE(cells.size() == 13u);
        BOOST_TEST_CONTEXT(cells[0] << " in " << cells[1] << " from " << cells[2]) {
            BOOST_TEST(runs(Cron::parse(cells[0]), cells[1], cells[2], 10) ==
                           Texts(cells.begin() + 3, cells.end()),
                       boost::test_tools::per_element());
        }
        ++cases;
    }
    BOOST_TEST(cases >= 200);
}

BOOST_AUTO_TEST_CASE(a_working_day_is_looked_for_within_the_month) {
    // 2026: 1 February and 1 March are Sundays, 1 August is a Saturday, 31 January and 28 February are Saturdays.
    BOOST_TEST(runs("0 0 1W * *", "2026-01-15T00:00:00", 3) ==
                   (Texts{"2026-02-02T00:00:00", "2026-03-02T00:00:00", "2026-04-01T00:00:00"}),
               boost::test_tools::per_element());
    BOOST_TEST(runs("0 0 1W 8 *", "2026-01-15T00:00:00", 1) == Texts{"2026-08-03T00:00:00"},
               boost::test_tools::per_element());
    BOOST_TEST(runs("0 0 31W * *", "2026-01-01T00:00:00", 2) ==
                   (Texts{"2026-01-30T00:00:00", "2026-03-31T00:00:00"}),
               boost::test_tools::per_element());
    BOOST_TEST(runs("0 0 15W * *", "2026-02-01T00:00:00", 2) ==
                   (Texts{"2026-02-16T00:00:00", "2026-03-16T00:00:00"}),
               boost::test_tools::per_element());
    BOOST_TEST(runs("0 0 LW * *", "2026-01-01T00:00:00", 3) ==
                   (Texts{"2026-01-30T00:00:00", "2026-02-27T00:00:00", "2026-03-31T00:00:00"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(days_are_counted_from_the_end_of_the_month) {
    BOOST_TEST(runs("0 0 L-2 * *", "2028-02-01T00:00:00", 2) ==
                   (Texts{"2028-02-27T00:00:00", "2028-03-29T00:00:00"}),
               boost::test_tools::per_element());
    BOOST_TEST(runs("0 0 * * FRIL", "2026-01-01T00:00:00", 2) ==
                   (Texts{"2026-01-30T00:00:00", "2026-02-27T00:00:00"}),
               boost::test_tools::per_element());
    BOOST_TEST(runs("0 0 L,15 * *", "2026-01-20T00:00:00", 2) ==
                   (Texts{"2026-01-31T00:00:00", "2026-02-15T00:00:00"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_week_may_be_walked_over_its_end) {
    BOOST_TEST(runs("0 0 * * sat-mon", "2026-02-25T00:00:00", 4) ==
                   (Texts{"2026-02-28T00:00:00", "2026-03-01T00:00:00", "2026-03-02T00:00:00",
                          "2026-03-07T00:00:00"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_rare_day_is_found_and_a_day_that_never_comes_is_refused) {
    BOOST_TEST(runs("0 0 29 2 *", "2096-03-01T00:00:00", 1) == Texts{"2104-02-29T00:00:00"},
               boost::test_tools::per_element());
    BOOST_TEST(refusal("0 0 30 2 *").find("no date ever satisfies it") != std::string::npos);
    BOOST_TEST(refusal("0 0 31 4,6,9,11 *").find("no date ever satisfies it") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_whole_day_that_a_country_skipped_is_made_good_at_its_end) {
    // Samoa had no 30 December 2011.
    const auto daily = Cron::parse("0 9 30 12 *");
    BOOST_TEST(runs(daily, "Pacific/Apia", "2011-12-29T00:00:00", 1) == Texts{"2011-12-30T10:00:00"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_with_the_field_and_what_it_takes) {
    BOOST_TEST(refusal("61 * * * *") ==
               "the cron expression '61 * * * *' cannot be read: minute '61' is not understood");
    BOOST_TEST(refusal("* 24 * * *").find("hour '24'") != std::string::npos);
    BOOST_TEST(refusal("* * 0 * *").find("day of the month '0'") != std::string::npos);
    BOOST_TEST(refusal("* * * FOO *").find("month 'FOO'") != std::string::npos);
    BOOST_TEST(refusal("* * * * 8").find("day of the week '8'") != std::string::npos);
    BOOST_TEST(refusal("* * * * 1#6").find("day of the week '1#6'") != std::string::npos);
    BOOST_TEST(refusal("0 22-4 * * *").find("goes backwards") != std::string::npos);
    BOOST_TEST(refusal("@fortnightly").find("there is no such nickname") != std::string::npos);
    BOOST_TEST(refusal("* * * *").find("it has 4 fields") != std::string::npos);
    for (const auto* wrong :
         {"", "* * * * * * *", "*/0 * * * *", "1-2-3 * * * *", "1/2/3 * * * *", ", * * * *", "-1 * * * *",
          "* * W * *", "* * L-31 * *", "* * * * L#1", "*5 * * * *", "* * * * #2",
          "99999999999999999999 * * * *", "1.5 * * * *", "@reboot"})
        refusal(wrong);
    refusal(std::string(300, '*'));
}

BOOST_AUTO_TEST_CASE(an_unknown_zone_is_refused) {
    BOOST_TEST((testing::errorOf([] { scheduler::timeZone("Europe/Atlantis"); }).kind() ==
                core::ErrorKind::misconfigured));
}

BOOST_AUTO_TEST_SUITE_END()
