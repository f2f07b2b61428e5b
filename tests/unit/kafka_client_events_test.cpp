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
