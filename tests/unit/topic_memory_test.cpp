// For how long a topic can give an event again, and so for how long its effect has to be remembered.
#include "scheduler/kafka/topic_memory.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd::scheduler::kafka;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

TopicMemory memory(const std::string& policy, const std::string& retention,
                   const std::string& segment = "3600000") {
    return memoryOf("t", {{"cleanup.policy", policy}, {"retention.ms", retention}, {"segment.ms", segment}});
}

} // namespace

BOOST_AUTO_TEST_SUITE(topic_memory)

BOOST_AUTO_TEST_CASE(a_record_stays_until_its_segment_was_closed_and_is_too_old) {
    BOOST_TEST(memory("delete", "86400000").time.value().count() == 24 + 1);
    BOOST_TEST(memory("delete", "1", "1").time.value().count() == 2);
    BOOST_TEST(memory("compact,delete", "86400000").time.value().count() == 25);
    BOOST_TEST(memory("delete", "86400000", "9223372036854775807").time.value().count() > 24 * 36'000);
}

BOOST_AUTO_TEST_CASE(what_is_compacted_or_unlimited_is_kept_for_ever_and_what_is_not_told_counts_as_that) {
    BOOST_TEST(!memory("compact", "86400000").time);
    BOOST_TEST(memory("compact", "86400000").why ==
               "its cleanup.policy is compact: it keeps records for ever");
    BOOST_TEST(!memory("delete", "-1").time);
    BOOST_TEST(!memory("delete", "9223372036854775807").time);
    BOOST_TEST(!memory("delete", "soon").time);
    BOOST_TEST(memoryOf("t", {}).why == "the brokers do not tell for how long it keeps records");
}

BOOST_AUTO_TEST_CASE(effects_are_remembered_as_the_setting_says_unless_a_topic_needs_longer) {
    const TopicMemory week{"week", 24h * 7}, year{"year", 24h * 365}, ever{"ever", std::nullopt, "compacted"};
    const auto enough = effectMemory(days{30}, std::vector{week});
    BOOST_TEST(enough.time.value().count() == 24 * 30);
    BOOST_TEST(enough.topic.empty());
    const auto exact = effectMemory(days{8}, std::vector{week});
    BOOST_TEST(exact.topic.empty());
    const auto longer = effectMemory(days{30}, std::vector{week, year});
    BOOST_TEST(longer.time.value().count() == 24 * 366);
    BOOST_TEST(longer.topic == "year");
    BOOST_TEST(longer.why == "it may give records again for 366 days (retention.ms, segment.ms and a day)");
    const auto forEver = effectMemory(days{30}, std::vector{year, ever, week});
    BOOST_TEST(!forEver.time);
    BOOST_TEST(forEver.topic == "ever");
    BOOST_TEST(effectMemory(days{30}, {}).time.value().count() == 24 * 30);
}

BOOST_AUTO_TEST_SUITE_END()
