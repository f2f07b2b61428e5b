#include "platform/kafka/murmur2.hpp"
#include "scheduler/kafka/wire.hpp"
#include "tests/support/manual_clock.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;
using scheduler::kafka::Unsendable;
using scheduler::kafka::WireRecord;

namespace {

scheduler::OutboxRecord record() {
    testing::ManualClock clock;
    scheduler::OutboxRecord record;
    record.id = 42;
    record.eventId = *core::EventId::fromText("018f6f2e-1d3c-7abc-8def-0123456789ab");
    record.aggregateType = "order";
    record.aggregateId = "7";
    record.orderKey = "order-7";
    record.type = "OrderPaid";
    record.payload = "{}";
    record.createdAt = clock.today() + 1234567us;
    return record;
}

bool sendable(const scheduler::OutboxRecord& record) {
    return std::holds_alternative<WireRecord>(scheduler::kafka::toWire(record, "outbox.event."));
}

bool sendableWithHeaders(const std::string& json) {
    auto with = record();
    with.headers = json;
    return sendable(with);
}

} // namespace

BOOST_AUTO_TEST_SUITE(kafka_wire)

// The vectors of Kafka's own UtilsTest.testMurmur2.
BOOST_AUTO_TEST_CASE(murmur2_agrees_with_java) {
    BOOST_TEST(kafka::murmur2("21") == -973932308);
    BOOST_TEST(kafka::murmur2("foobar") == -790332482);
    BOOST_TEST(kafka::murmur2("a-little-bit-long-string") == -985981536);
    BOOST_TEST(kafka::murmur2("a-little-bit-longer-string") == -1486304829);
    BOOST_TEST(kafka::murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8") == -58897971);
    BOOST_TEST(kafka::murmur2("abc") == 479470107);
}

BOOST_AUTO_TEST_CASE(a_negative_hash_still_gives_a_partition) {
    BOOST_TEST(kafka::partitionOf("21", 16) == ((-973932308) & 0x7fffffff) % 16);
    for (const auto* key : {"", "21", "abc", "\xff\xfe", "key-9"}) {
        BOOST_TEST(kafka::partitionOf(key, 1) == 0);
        BOOST_TEST(kafka::partitionOf(key, 7) >= 0);
        BOOST_TEST(kafka::partitionOf(key, 7) < 7);
    }
}

BOOST_AUTO_TEST_CASE(an_event_becomes_what_debeziums_router_writes) {
    auto event = record();
    event.headers = R"({"traceparent":"00-ab-cd-01","tenant":"\u00e9"})";
    const auto wire = std::get<WireRecord>(scheduler::kafka::toWire(event, "outbox.event."));
    BOOST_TEST(wire.topic == "outbox.event.order");
    BOOST_TEST(wire.key == "order-7");
    BOOST_TEST(*wire.value == "{}");
    BOOST_TEST(wire.timestamp == 1767225601234);
    const std::vector<std::pair<std::string, std::string>> headers{
        {"id", "018f6f2e-1d3c-7abc-8def-0123456789ab"},
        {"eventType", "OrderPaid"},
        {"outbox_seq", "42"},
        {"traceparent", "00-ab-cd-01"},
        {"tenant", "\xc3\xa9"}};
    BOOST_CHECK(wire.headers == headers);
}

BOOST_AUTO_TEST_CASE(no_payload_is_a_tombstone_and_an_empty_one_is_not) {
    auto event = record();
    event.payload.reset();
    BOOST_TEST(!std::get<WireRecord>(scheduler::kafka::toWire(event, "")).value.has_value());
    event.payload = "";
    BOOST_TEST(std::get<WireRecord>(scheduler::kafka::toWire(event, "")).value.has_value());
}

BOOST_AUTO_TEST_CASE(a_topic_that_kafka_would_not_have_is_refused) {
    for (const auto* type : {"or der", "order/1", "\xc3\xa9", "a\nb"}) {
        auto event = record();
        event.aggregateType = type;
        BOOST_TEST(!sendable(event));
    }
    auto event = record();
    event.aggregateType = std::string(249 - std::string("outbox.event.").size(), 'a');
    BOOST_TEST(sendable(event));
    event.aggregateType += 'a';
    BOOST_TEST(!sendable(event));
    event.aggregateType = "..";
    BOOST_CHECK(std::holds_alternative<Unsendable>(scheduler::kafka::toWire(event, "")));
}

BOOST_AUTO_TEST_CASE(headers_are_an_object_of_strings_or_a_refusal) {
    BOOST_TEST(sendableWithHeaders(""));
    BOOST_TEST(sendableWithHeaders("{}"));
    BOOST_TEST(sendableWithHeaders(R"({"a":""})"));
    for (const auto* json :
         {"null", "[]", "\"a\"", "{", R"({"a":1})", R"({"a":null})", R"({"a":{"b":"c"}})", R"({"":"x"})",
          R"({"a":"x"} trailing)", R"({"a":"x","a":"y"})", R"({"id":"x"})", R"({"eventType":"x"})",
          R"({"outbox_seq":"1"})", "{\"a\":\"\xff\"}", R"({"a\u0000b":"x"})"})
        BOOST_TEST(!sendableWithHeaders(json), json);
    BOOST_TEST(!sendableWithHeaders(std::string(100'000, '['))); // and no deep recursion
}

BOOST_AUTO_TEST_SUITE_END()
