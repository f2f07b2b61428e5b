// The sink's contract on a real broker of this program's own, and what only Kafka's adapter promises.
#include "tests/contract/kafka_harness.hpp"

#include <random>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using Kind = SinkDriver::Kind;
using Outcome = SinkDriver::Outcome;

namespace {

std::size_t sizeOnWire(const scheduler::OutboxRecord& record) {
    const scheduler::kafka::WirePlan plan(scheduler::kafka::WireSettings{});
    scheduler::kafka::Encoder encoder(plan);
    return scheduler::kafka::sizeOnWire(std::get<scheduler::kafka::WireRecord>(encoder.encode(record)));
}

// Text in which lz4 finds nothing to save.
std::string noise(std::size_t size) {
    static std::mt19937 random(1);
    std::string text(size, ' ');
    for (auto& c : text) c = static_cast<char>('!' + random() % 90);
    return text;
}

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(KafkaBroker);

BOOST_AUTO_TEST_SUITE(kafka_event_sink)

EVENT_SINK_CONTRACT(KafkaHarness)

BOOST_AUTO_TEST_CASE(a_consumer_reads_key_value_headers_and_time_as_written) {
    KafkaHarness harness;
    auto sent = EventSinkContract::records(EventSinkContract::freshType(), 3, 1);
    sent[0].headers = R"({"traceparent":"00-abc-def-01"})";
    sent[1].payload.reset();
    sent[2].payload = "";
    SinkDriver driver(harness);
    driver.produceAll(sent);
    driver.settle();
    const auto read = harness.read(sent[0].aggregateType);
    BOOST_REQUIRE(read.size() == 3u);
    BOOST_TEST(read[0].key == "key-0");
    BOOST_TEST(*read[0].value == R"({"n":1})");
    BOOST_TEST(TopicReader::header(read[0], "id") == sent[0].eventId.text());
    BOOST_TEST(TopicReader::header(read[0], "eventType") == "Happened");
    BOOST_TEST(TopicReader::header(read[0], "outbox_seq") == "1");
    BOOST_TEST(TopicReader::header(read[0], "traceparent") == "00-abc-def-01");
    BOOST_TEST(read[0].headers.size() == 4u);
    BOOST_TEST(read[0].timestamp ==
               std::chrono::floor<std::chrono::milliseconds>(sent[0].createdAt).time_since_epoch().count());
    BOOST_TEST(!read[1].value.has_value());
    BOOST_REQUIRE(read[2].value.has_value());
    BOOST_TEST(read[2].value->empty());
}

BOOST_AUTO_TEST_CASE(a_missing_topic_is_created_as_configured_and_pinned) {
    KafkaHarness harness([](SinkSettings& settings) { settings.partitions = 3; });
    const auto sent = EventSinkContract::records(EventSinkContract::freshType(), 1, 1);
    const auto session = harness.sink().open(scheduler::SessionMode::bulk);
    BOOST_CHECK(session->produce(sent[0], 1).kind ==
                Kind::not_ready); // creating it does not hold the caller up
    SinkDriver driver(harness);
    driver.produceAll(sent);
    driver.settle();
    const auto topic = KafkaHarness::name(sent[0].aggregateType);
    BOOST_TEST(harness.reader.admin().layout(topic, 10s).partitions == 3);
    BOOST_TEST(harness.pins.pin(topic, 99) == 3);
}

BOOST_AUTO_TEST_CASE(a_topic_that_may_not_be_created_is_named) {
    KafkaHarness harness([](SinkSettings& settings) { settings.createTopics = false; });
    const auto sent = EventSinkContract::records(EventSinkContract::freshType(), 1, 1);
    const auto answer = harness.sink().open(scheduler::SessionMode::bulk)->produce(sent[0], 1);
    BOOST_CHECK(answer.kind == Kind::not_ready);
    BOOST_TEST(answer.error.find(KafkaHarness::name(sent[0].aggregateType)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_topic_that_grew_keeps_its_keys_where_they_were) {
    KafkaHarness harness;
    const auto type = EventSinkContract::freshType();
    harness.topic(type, {}, 2);
    harness.pins.set(KafkaHarness::name(type), 2);
    harness.reader.admin().grow(KafkaHarness::name(type), 5, 10s);
    for (int tries = 0; harness.reader.admin().layout(KafkaHarness::name(type), 10s).partitions != 5; ++tries)
        BOOST_REQUIRE(tries < 10'000);
    const auto sent = EventSinkContract::records(type, 50, 20);
    SinkDriver driver(harness);
    driver.produceAll(sent);
    driver.settle();
    const auto read = harness.read(type);
    BOOST_TEST(read.size() == sent.size());
    for (const auto& record : read) BOOST_TEST(record.partition == kafka::partitionOf(record.key, 2));
    int warnings = 0;
    for (const auto& line : harness.logger.lines()) warnings += line.starts_with("topic_has_grown") ? 1 : 0;
    BOOST_TEST(warnings == 1);
    const auto states = harness.kafka().topics();
    BOOST_REQUIRE(states.size() == 1u);
    BOOST_TEST(states[0].partitions == 5);
    BOOST_TEST(states[0].pinned == 2);
}

BOOST_AUTO_TEST_CASE(a_topic_with_fewer_partitions_than_pinned_is_not_used) {
    KafkaHarness harness;
    const auto type = EventSinkContract::freshType();
    harness.topic(type, {}, 2);
    harness.pins.set(KafkaHarness::name(type), 6);
    const auto answer = harness.sink()
                            .open(scheduler::SessionMode::bulk)
                            ->produce(EventSinkContract::records(type, 1, 1)[0], 1);
    BOOST_CHECK(answer.kind == Kind::not_ready);
    BOOST_TEST(answer.error.find("topic_layout") != std::string::npos);
    BOOST_TEST(harness.read(type).empty());
}

// The size is computed as the broker does: the largest record is taken, one byte more is refused before it is
// sent.
BOOST_AUTO_TEST_CASE(the_topics_own_size_limit_is_a_verdict_before_sending) {
    KafkaHarness harness;
    const auto type = EventSinkContract::freshType();
    harness.topic(type, {{"max.message.bytes", "20000"}});
    auto sent = EventSinkContract::records(type, 2, 1);
    for (sent[0].payload = noise(20000); sizeOnWire(sent[0]) > 20000;) sent[0].payload->pop_back();
    BOOST_TEST(sizeOnWire(sent[0]) == 20000u);
    sent[1].payload = *sent[0].payload + "!";
    SinkDriver driver(harness);
    BOOST_CHECK(driver.produce(sent[0]).kind == Kind::accepted);
    const auto refused = driver.produce(sent[1]);
    BOOST_CHECK(refused.kind == Kind::refused);
    BOOST_TEST(refused.error.find("max.message.bytes") != std::string::npos);
    driver.settle();
    BOOST_CHECK(driver.outcomes().at(1) == Outcome::delivered);
}

// A batch is judged as a whole: many small records must not be refused for their company.
BOOST_AUTO_TEST_CASE(small_records_pass_a_topic_with_a_small_limit) {
    KafkaHarness harness([](SinkSettings& settings) { settings.producer.linger = 20ms; });
    const auto type = EventSinkContract::freshType();
    harness.topic(type, {{"max.message.bytes", "2000"}}, 1);
    auto sent = EventSinkContract::records(type, 200, 1);
    for (auto& record : sent) record.payload = noise(300);
    // The first session may learn the limit the hard way; the next one knows it.
    SinkDriver first(harness);
    first.produceAll(sent);
    first.settleOrBreak();
    SinkDriver second(harness);
    second.produceAll(sent);
    second.settle();
    BOOST_TEST(second.count(Outcome::delivered) == sent.size());
}

BOOST_AUTO_TEST_CASE(an_illegal_topic_or_header_is_a_verdict_without_a_broker) {
    KafkaHarness harness([](SinkSettings& settings) { settings.client.brokers = "127.0.0.1:1"; });
    auto sent = EventSinkContract::records("no such/topic", 1, 1);
    const auto session = harness.sink().open(scheduler::SessionMode::bulk);
    BOOST_CHECK(session->produce(sent[0], 1).kind == Kind::refused);
    sent[0].aggregateType = "order";
    sent[0].headers = R"({"id":"mine"})";
    BOOST_CHECK(session->produce(sent[0], 1).kind == Kind::refused);
}

BOOST_AUTO_TEST_CASE(without_a_broker_produce_says_not_ready_and_remembers_it) {
    KafkaHarness harness([](SinkSettings& settings) {
        settings.client.brokers = "127.0.0.1:1";
        settings.topicWait = 300ms;
        settings.topicPause = 1h;
    });
    auto sent = EventSinkContract::records("order", 1000, 10);
    const auto session = harness.sink().open(scheduler::SessionMode::bulk);
    for (const auto& record : sent) { // would take five minutes if each of them waited
        const auto answer = session->produce(record, 1);
        BOOST_CHECK(answer.kind == Kind::not_ready);
        BOOST_TEST(answer.error.find("kafka.brokers") != std::string::npos);
    }
    BOOST_TEST(session->outstanding() == 0u);
}

BOOST_AUTO_TEST_CASE(a_broker_killed_and_restarted_gets_everything_once_and_in_order) {
    KafkaHarness harness;
    const auto sent = EventSinkContract::records(EventSinkContract::freshType(), 3000, 30);
    SinkDriver driver(harness);
    driver.produceAll({sent.begin(), sent.begin() + 1000});
    driver.poll();
    KafkaBroker::server->kill();
    driver.produceAll({sent.begin() + 1000, sent.end()});
    driver.poll();
    KafkaBroker::server->start();
    // Most often the session simply goes on. If the library gave up (traps: fatal errors around restarts),
    // what it has sent is a prefix and the next session repeats from the start.
    driver.settleOrBreak();
    std::size_t landed = harness.log(sent[0].aggregateType).size();
    BOOST_TEST(driver.outcomes().size() == sent.size());
    if (driver.count(Outcome::delivered) == sent.size()) {
        BOOST_TEST(landed == sent.size());
    } else {
        SinkDriver next(harness);
        next.produceAll(sent);
        next.settle();
        BOOST_TEST(next.count(Outcome::delivered) == sent.size());
    }
    std::map<std::string, std::int64_t> last;
    std::set<std::int64_t> seen;
    for (const auto& place : harness.log(sent[0].aggregateType)) {
        if (!seen.insert(place.id).second) continue;
        BOOST_TEST(place.id > last[place.key]);
        last[place.key] = place.id;
    }
    BOOST_TEST(seen.size() == sent.size());
}

BOOST_AUTO_TEST_SUITE_END()
