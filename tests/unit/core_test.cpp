#include "platform/core/error.hpp"
#include "platform/core/event_id.hpp"
#include "platform/core/money.hpp"
#include "platform/core/nearest.hpp"
#include "platform/core/progress.hpp"
#include "tests/support/manual_clock.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace outboxd;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(core_suite)

BOOST_AUTO_TEST_CASE(event_id_carries_version_variant_and_time) {
    testing::ManualClock clock;
    const auto first = core::newEventId(clock);
    clock.advance(1ms);
    const auto second = core::newEventId(clock);
    BOOST_TEST(first.text()[14] == '7');
    BOOST_TEST(std::string("89ab").find(first.text()[19]) != std::string::npos);
    BOOST_TEST(first.text() < second.text());
}

BOOST_AUTO_TEST_CASE(event_id_survives_text_and_binary) {
    testing::ManualClock clock;
    const auto id = core::newEventId(clock);
    BOOST_TEST((core::EventId::fromText(id.text()) == id));
    BOOST_TEST((core::EventId::fromBinary(id.binary()) == id));
    BOOST_TEST(!core::EventId::fromText("018f6f2e-1d3c-7abc-8def-0123456789a").has_value());
    BOOST_TEST(!core::EventId::fromText("018f6f2e-1d3c-7abc-8def-0123456789ag").has_value());
    BOOST_TEST(!core::EventId::fromText("018f6f2e01d3c-7abc-8def-0123456789ab").has_value());
    BOOST_TEST(!core::EventId::fromBinary("short").has_value());
}

BOOST_AUTO_TEST_CASE(money_refuses_to_wrap_around) {
    constexpr auto most = core::Money{std::numeric_limits<std::int64_t>::max()};
    BOOST_TEST(!most.plus(core::Money{1}).has_value());
    BOOST_TEST(!most.times(2).has_value());
    BOOST_TEST(!core::Money{std::numeric_limits<std::int64_t>::min()}.minus(core::Money{1}).has_value());
    BOOST_TEST(core::Money{40}.plus(core::Money{2})->minorUnits() == 42);
}

BOOST_AUTO_TEST_CASE(rfc3339_has_microseconds_and_zone) {
    testing::ManualClock clock;
    clock.advance(36h + 7us);
    BOOST_TEST(core::toRfc3339(clock.today()) == "2026-01-02T12:00:00.000007Z");
}

BOOST_AUTO_TEST_CASE(a_loop_that_falls_silent_is_named) {
    testing::ManualClock clock;
    core::ProgressMonitor monitor(clock);
    auto relay = monitor.watch("relay", 5s);
    {
        auto jobs = monitor.watch("jobs", 2s);
        clock.advance(3s);
        BOOST_TEST(monitor.stuck() == std::vector<std::string>{"jobs"}, boost::test_tools::per_element());
    }
    BOOST_TEST(monitor.stuck().empty());
    clock.advance(3s);
    BOOST_TEST(monitor.stuck().size() == 1u);
    relay->beat();
    BOOST_TEST(monitor.stuck().empty());
}

BOOST_AUTO_TEST_CASE(an_unknown_outcome_is_never_retried_blindly) {
    BOOST_TEST(!core::isTransient(core::ErrorKind::outcome_unknown));
    BOOST_TEST(core::isTransient(core::ErrorKind::contention));
}

BOOST_AUTO_TEST_CASE(a_misspelt_name_is_answered_with_the_likely_one) {
    using Names = std::vector<std::string_view>;
    BOOST_TEST(core::editDistance("relay", "realy") == 1u); // neighbours swapped
    BOOST_TEST(core::editDistance("", "abc") == 3u);
    BOOST_TEST(core::editDistance("Kitten", "sitting") == 3u);
    BOOST_TEST(core::nearest("databse.host", Names{"database.port", "database.host"}).value() ==
               "database.host");
    BOOST_TEST(core::suggestion("limt", Names{"limit", "cursor"}) == "; did you mean limit?");
    BOOST_TEST(core::suggestion("colour", Names{"limit", "cursor"}) == "");
    BOOST_TEST(core::suggestion("zebra", Names{}) == "");
    const std::string tooLong(129, 'x');
    BOOST_TEST(core::suggestion(tooLong, Names{tooLong}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
