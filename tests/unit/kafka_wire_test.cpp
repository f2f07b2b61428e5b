#include "platform/kafka/murmur2.hpp"
#include "scheduler/kafka/wire.hpp"
#include "tests/support/golden_records.hpp"
#include "tests/support/manual_clock.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;
using scheduler::kafka::Encoder;
using scheduler::kafka::Profile;
using scheduler::kafka::Unsendable;
using scheduler::kafka::WirePlan;
using scheduler::kafka::WireRecord;
using scheduler::kafka::WireSettings;

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

// What a record became, or why it cannot become one; owns its text.
struct Sent {
    explicit Sent(const scheduler::OutboxRecord& record, const WireSettings& settings = {})
        : plan(settings), encoder(plan), result(encoder.encode(record)) {}

    const WireRecord& wire() const { return std::get<WireRecord>(result); }
    bool sendable() const { return std::holds_alternative<WireRecord>(result); }
    std::string reason() const { return sendable() ? "" : std::get<Unsendable>(result).reason; }
    std::string header(std::string_view name) const {
        for (const auto& [key, value] : wire().headers)
            if (key == name) return std::string(value);
        return "(none)";
    }

    WirePlan plan;
    Encoder encoder;
    std::variant<WireRecord, Unsendable> result;
};

bool sendable(const scheduler::OutboxRecord& record) { return Sent(record).sendable(); }

bool sendableWithHeaders(const std::string& json) {
    auto with = record();
    with.headers = json;
    return sendable(with);
}

std::string routeMistake(const scheduler::kafka::RouteSettings& route, Profile profile = Profile::debezium) {
    WireSettings settings;
    settings.profile = profile;
    settings.routes = {route};
    const auto plan = WirePlan::read(settings);
    const auto* wrong = std::get_if<scheduler::kafka::WireMistake>(&plan);
    return wrong ? wrong->setting + ": " + wrong->what : "";
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
    const Sent sent(event);
    const auto& wire = sent.wire();
    BOOST_TEST(wire.topic == "outbox.event.order");
    BOOST_TEST(wire.key == "order-7");
    BOOST_TEST(*wire.value == "{}");
    BOOST_TEST(wire.timestamp == 1767225601234);
    const std::vector<std::pair<std::string_view, std::string_view>> headers{
        {"id", "018f6f2e-1d3c-7abc-8def-0123456789ab"},
        {"eventType", "OrderPaid"},
        {"outbox_seq", "42"},
        {"traceparent", "00-ab-cd-01"},
        {"tenant", "\xc3\xa9"}};
    BOOST_CHECK(std::equal(wire.headers.begin(), wire.headers.end(), headers.begin(), headers.end()));
}

BOOST_AUTO_TEST_CASE(no_payload_is_a_tombstone_and_an_empty_one_is_not) {
    auto event = record();
    event.payload.reset();
    BOOST_TEST(!Sent(event).wire().value.has_value());
    event.payload = "";
    BOOST_TEST(Sent(event).wire().value.has_value());
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
    WireSettings bare;
    bare.topicPrefix = "";
    BOOST_TEST(!Sent(event, bare).sendable());
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

// Byte by byte; the same files are read back from a broker by tests/contract/kafka_topics_test.cpp.
BOOST_AUTO_TEST_CASE(both_profiles_write_what_the_golden_files_say) {
    for (const auto profile : {Profile::debezium, Profile::cloudevents}) {
        const WirePlan plan(testing::goldenSettings(profile));
        Encoder encoder(plan); // one for all: nothing of an event may be left for the next
        const std::string name = profile == Profile::debezium ? "debezium" : "cloudevents";
        std::string found;
        for (const auto& event : testing::goldenEvents(name))
            found += testing::goldenText(std::get<WireRecord>(encoder.encode(event))) + "\n";
        BOOST_TEST(found == testing::golden("kafka/" + name + ".txt", found));
    }
}

BOOST_AUTO_TEST_CASE(the_first_route_that_fits_decides) {
    WireSettings settings;
    settings.routes = {{.aggregateType = "order", .type = "OrderPaid", .topic = "paid"},
                       {.type = "OrderPaid", .topic = "others-paid"},
                       {.aggregateType = "order", .headers = {{"kind", "{type}"}}}};
    auto event = record();
    BOOST_TEST(Sent(event, settings).wire().topic == "paid");
    event.aggregateType = "invoice";
    BOOST_TEST(Sent(event, settings).wire().topic == "others-paid");
    event.type = "Other";
    BOOST_TEST(Sent(event, settings).wire().topic == "outbox.event.invoice");
    event.aggregateType = "order";
    const Sent kept(event, settings);
    BOOST_TEST(kept.wire().topic == "outbox.event.order");
    BOOST_TEST(kept.wire().key == "order-7");
    BOOST_TEST(kept.header("kind") == "Other");
    BOOST_TEST(kept.plan.topicFor("order", "OrderPaid") == "paid");
}

BOOST_AUTO_TEST_CASE(an_events_own_header_comes_before_that_of_a_route) {
    WireSettings settings;
    settings.routes = {{.headers = {{"tenant", "route"}, {"other", "route"}}}};
    auto event = record();
    event.headers = R"({"tenant":"own"})";
    const Sent sent(event, settings);
    BOOST_TEST(sent.header("tenant") == "own");
    BOOST_TEST(sent.header("other") == "route");
    BOOST_TEST(sent.wire().headers.size() == 5u);
}

BOOST_AUTO_TEST_CASE(a_wrong_template_names_field_value_and_next_step) {
    BOOST_TEST(
        routeMistake({.topic = "{agregateType}"}) ==
        "routes: route 1: topic: '{agregateType}' has the unknown placeholder {agregateType}; did you mean "
        "{aggregateType}?; there are {aggregateType}, {aggregateId}, {orderKey}, {type}, {eventId}");
    BOOST_TEST(routeMistake({.key = "a{"}).find("key: 'a{' has a { without a }") != std::string::npos);
    BOOST_TEST(routeMistake({.key = "a}"}).find("has a } without a {") != std::string::npos);
    BOOST_TEST(routeMistake({.topic = "t-{orderKey}"}).find("would make a topic of each value") !=
               std::string::npos);
    BOOST_TEST(routeMistake({.topic = "a b"}).find("cannot be in a topic's name") != std::string::npos);
    BOOST_TEST(routeMistake({.topic = ".."}).find("cannot be a topic's name") != std::string::npos);
    BOOST_TEST(routeMistake({.topic = "t", .headers = {{"id", "x"}}}).find("id is written by the profile") !=
               std::string::npos);
    BOOST_TEST(routeMistake({.topic = "t", .headers = {{"ce_id", "x"}}}).empty());
    BOOST_TEST(!routeMistake({.topic = "t", .headers = {{"ce_id", "x"}}}, Profile::cloudevents).empty());
    BOOST_TEST(routeMistake({.type = "A"}).find("it changes nothing") != std::string::npos);
    BOOST_TEST(routeMistake({.key = "{{{orderKey}}}"}).empty());
    WireSettings hidden;
    hidden.routes = {{.type = "A", .topic = "a"}, {.aggregateType = "order", .type = "A", .topic = "b"}};
    BOOST_TEST(std::get<scheduler::kafka::WireMistake>(WirePlan::read(hidden))
                   .what.find("route 2: an earlier one takes all its events") != std::string::npos);
    WireSettings nobody;
    nobody.profile = Profile::cloudevents;
    nobody.source = "";
    BOOST_TEST(std::get<scheduler::kafka::WireMistake>(WirePlan::read(nobody)).setting ==
               "cloudevents_source");
}

BOOST_AUTO_TEST_CASE(a_cloud_event_without_type_or_with_a_header_of_ours_is_refused) {
    WireSettings settings;
    settings.profile = Profile::cloudevents;
    auto event = record();
    event.type = "";
    BOOST_TEST(Sent(event, settings).reason() == "a CloudEvent needs a type");
    event.type = "A";
    event.headers = R"({"ce_id":"x"})";
    BOOST_TEST(Sent(event, settings).reason() == "header ce_id is reserved");
    event.headers = R"({"id":"x","ce_dataschema":"https://schemas/7"})"; // an attribute that is the writer's
    BOOST_TEST(Sent(event, settings).header("ce_dataschema") == "https://schemas/7");
}

BOOST_AUTO_TEST_SUITE_END()
