#include "platform/kafka/client.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_logger.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(kafka_client_events)

BOOST_AUTO_TEST_CASE(one_line_per_facility_and_ten_seconds) {
    testing::ManualClock clock;
    testing::MemoryLogger logger;
    kafka::ClientEvents events(logger, clock, "producer");
    for (int i = 0; i < 100; ++i) events.log(3, "FAIL", "connection refused");
    events.log(6, "OTHER", "something else");
    BOOST_TEST(logger.lines().size() == 2u);
    clock.advance(11s);
    events.log(3, "FAIL", "connection refused");
    BOOST_REQUIRE(logger.lines().size() == 3u);
    BOOST_TEST(logger.lines().back() ==
               "kafka_client client=producer facility=FAIL text=connection refused suppressed=99");
}

BOOST_AUTO_TEST_CASE(all_brokers_down_is_remembered_until_something_works) {
    testing::ManualClock clock;
    testing::MemoryLogger logger;
    kafka::ClientEvents events(logger, clock, "producer");
    BOOST_TEST(events.reachable());
    events.error(-187, "1/1 brokers are down");
    BOOST_TEST(!events.reachable());
    events.setReachable();
    BOOST_TEST(events.reachable());
}

BOOST_AUTO_TEST_CASE(what_brokers_have_against_us_is_remembered_until_something_works) {
    testing::ManualClock clock;
    testing::MemoryLogger logger;
    kafka::ClientEvents events(logger, clock, "producer");
    BOOST_TEST(events.refusal() == "");
    events.error(-195, "connection refused"); // an outage, no refusal
    BOOST_TEST(events.refusal() == "");
    events.error(-169, "SASL authentication error");
    BOOST_TEST(events.refusal() == "SASL authentication error");
    events.error(-181, "certificate verify failed");
    BOOST_TEST(events.refusal() == "certificate verify failed");
    events.setReachable();
    BOOST_TEST(events.refusal() == "");
}

BOOST_AUTO_TEST_CASE(a_wrong_property_is_named_and_a_secret_is_not_quoted) {
    BOOST_TEST(!kafka::wrongProperty({{"socket.timeout.ms", "1000"}}).has_value());
    const auto wrong = kafka::wrongProperty({{"security.protocol", "sssl"}});
    BOOST_REQUIRE(wrong.has_value());
    BOOST_TEST(wrong->name == "security.protocol");
    BOOST_TEST(wrong->what.find("sssl") != std::string::npos);
    BOOST_TEST(kafka::wrongProperty({{"no.such.password", "hunter2"}})->what.find("hunter2") ==
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_codes_that_blame_the_record_are_verdicts) {
    using kafka::Trouble;
    BOOST_CHECK(kafka::troubleOf(0) == Trouble::none);
    for (const int code :
         {10, 18, 87, 32}) // MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, INVALID_RECORD, INVALID_TIMESTAMP
        BOOST_CHECK(kafka::troubleOf(code) == Trouble::record);
    BOOST_CHECK(kafka::troubleOf(3) == Trouble::topic); // UNKNOWN_TOPIC_OR_PARTITION
    // TOPIC_AUTHORIZATION_FAILED, NOT_ENOUGH_REPLICAS, NOT_LEADER, local: transport, purged twice, timed out
    for (const int code : {29, 19, 6, -195, -152, -151, -192})
        BOOST_CHECK(kafka::troubleOf(code) == Trouble::other);
}

BOOST_AUTO_TEST_SUITE_END()
