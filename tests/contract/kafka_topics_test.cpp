// What Kafka's sink promises about topics and records, on the real broker of kafka_event_sink_test.cpp.
#include "scheduler/kafka/durability.hpp"
#include "tests/contract/kafka_harness.hpp"
#include "tests/support/golden_records.hpp"
#include "tests/support/topic_settings.hpp"

using namespace outboxd;
using namespace outboxd::testing;
using Kind = SinkDriver::Kind;
using Outcome = SinkDriver::Outcome;
using scheduler::kafka::Profile;

BOOST_AUTO_TEST_SUITE(kafka_topics)

BOOST_AUTO_TEST_CASE(a_consumer_reads_both_profiles_as_the_golden_files_say) {
    const auto check = [](const std::string& name, void (*change)(SinkSettings&)) {
        KafkaHarness harness(change);
        const std::map<std::string, std::string> keep{
            {"retention.ms", "-1"}}; // the events' times are long ago
        harness.topic(name, keep);
        harness.makeTopic(name + "-Routed", keep);
        SinkDriver driver(harness);
        driver.produceAll(goldenEvents(name));
        driver.settle();
        std::string found;
        for (const auto& record : harness.read(name)) found += goldenText(record) + "\n";
        for (const auto& record : harness.reader.readAll(name + "-Routed")) {
            found += goldenText(record) + "\n";
            // The key is the route's, the partition the order key's.
            BOOST_TEST(record.partition == kafka::partitionOf("order-7", KafkaHarness::kPartitions));
            BOOST_TEST(record.partition != kafka::partitionOf(record.key, KafkaHarness::kPartitions));
        }
        BOOST_TEST(found == golden("kafka/" + name + ".txt", found));
    };
    check("debezium", [](SinkSettings& settings) { settings.wire = goldenSettings(Profile::debezium); });
    check("cloudevents",
          [](SinkSettings& settings) { settings.wire = goldenSettings(Profile::cloudevents); });
}

BOOST_AUTO_TEST_CASE(a_payload_of_one_mebibyte_passes_where_the_topic_takes_it) {
    KafkaHarness harness([](SinkSettings& settings) { settings.producer.maxMessageBytes = 2U << 20; });
    const auto wide = EventSinkContract::freshType();
    harness.topic(wide, {{"max.message.bytes", std::to_string(1100 * 1024)}});
    auto sent = EventSinkContract::records(wide, 40, 4);
    for (auto& record : sent) record.payload = std::string(1U << 20, 'x') + std::to_string(record.id);
    SinkDriver driver(harness);
    driver.produceAll(sent);
    driver.settle();
    BOOST_TEST(driver.count(Outcome::delivered) == sent.size());
    const auto read = harness.read(wide);
    BOOST_REQUIRE(read.size() == sent.size());
    for (const auto& record : read) {
        const auto id = std::stoll(TopicReader::header(record, "outbox_seq"));
        BOOST_TEST((record.value == sent.at(static_cast<std::size_t>(id - 1)).payload));
    }
    // A topic as it is by default does not take it, and says so before anything is sent.
    auto narrow = EventSinkContract::records(EventSinkContract::freshType(), 1, 1);
    narrow[0].payload = *sent[0].payload;
    const auto refused = driver.produce(narrow[0]);
    BOOST_CHECK(refused.kind == Kind::refused);
    BOOST_TEST(refused.error.find("takes 1048588 (max.message.bytes): raise that") != std::string::npos);
}

// What an operator does after a refusal: raises the limit and redrives. The verdict must not be that of before.
BOOST_AUTO_TEST_CASE(a_limit_that_was_raised_counts_for_the_next_verdict) {
    KafkaHarness harness;
    const auto type = EventSinkContract::freshType();
    harness.topic(type, {{"max.message.bytes", "2000"}});
    auto sent = EventSinkContract::records(type, 1, 1);
    sent[0].payload = std::string(5000, 'x');
    SinkDriver driver(harness);
    BOOST_CHECK(driver.produce(sent[0]).kind == Kind::refused);
    setTopic(KafkaBroker::server->address(), KafkaHarness::name(type), {{"max.message.bytes", "20000"}});
    auto result = driver.produce(sent[0]);
    for (int tries = 0; result.kind == Kind::refused && tries < 50; ++tries) { // far less than a minute
        driver.poll();
        result = driver.produce(sent[0]);
    }
    BOOST_CHECK(result.kind == Kind::accepted);
    driver.settle();
    BOOST_TEST(driver.count(Outcome::delivered) == 1u);
}

// The broker is the first to know of a lower limit. Then the session breaks; the next one makes smaller batches.
BOOST_AUTO_TEST_CASE(a_limit_that_was_lowered_is_learnt_from_the_first_refusal) {
    KafkaHarness harness([](SinkSettings& settings) {
        settings.producer.batchMessages = 100;
        settings.producer.linger = 20ms;
        settings.producer.compression = "none";
    });
    const auto type = EventSinkContract::freshType();
    harness.topic(type, {}, 1);
    auto sent = EventSinkContract::records(type, 201, 1);
    for (auto& record : sent) record.payload = std::string(300, 'x');
    SinkDriver first(harness);
    first.produceAll({sent.begin(), sent.begin() + 1});
    first.settle();
    setTopic(KafkaBroker::server->address(), KafkaHarness::name(type), {{"max.message.bytes", "2000"}});
    first.produceUntilBroken({sent.begin() + 1, sent.end()});
    first.settleOrBreak();
    BOOST_TEST(first.count(Outcome::refused_by_rule) > 0u);
    SinkDriver probe(harness, scheduler::SessionMode::solo); // as the relay does; it learns the limit
    probe.produceAll({sent.begin() + 1, sent.begin() + 2});
    probe.settle();
    BOOST_TEST(probe.count(Outcome::delivered) == 1u);
    SinkDriver second(harness);
    second.produceAll({sent.begin() + 2, sent.end()});
    second.settle();
    BOOST_TEST(second.count(Outcome::delivered) == 199u);
}

BOOST_AUTO_TEST_CASE(a_topic_is_created_with_the_settings_that_were_asked_for) {
    KafkaHarness harness([](SinkSettings& settings) {
        settings.topicConfigs = {{"min.insync.replicas", "1"}, {"max.message.bytes", "2000000"}};
    });
    const auto sent = EventSinkContract::records(EventSinkContract::freshType(), 1, 1);
    SinkDriver driver(harness);
    driver.produceAll(sent);
    driver.settle();
    const auto topic = KafkaHarness::name(sent[0].aggregateType);
    BOOST_TEST(*harness.reader.admin().config(topic, "max.message.bytes", 10s) == "2000000");
}

BOOST_AUTO_TEST_CASE(a_topic_that_somebody_has_to_create_is_told_until_it_is_there) {
    KafkaHarness harness([](SinkSettings& settings) {
        settings.createTopics = false;
        settings.topicPause = 0ms;
    });
    const auto sent = EventSinkContract::records(EventSinkContract::freshType(), 1, 1);
    const auto topic = KafkaHarness::name(sent[0].aggregateType);
    {
        const auto session = harness.sink().open(scheduler::SessionMode::bulk);
        for (int i = 0; i < 3; ++i) BOOST_CHECK(session->produce(sent[0], 1).kind == Kind::not_ready);
    }
    auto states = harness.kafka().topics();
    BOOST_REQUIRE(states.size() == 1u);
    BOOST_TEST(states[0].topic == topic);
    BOOST_TEST(states[0].needs.find("kafka.create_topics is off: create it") != std::string::npos);
    int told = 0;
    for (const auto& line : harness.logger.lines()) told += line.starts_with("topic_not_ready") ? 1 : 0;
    BOOST_TEST(told == 1);

    harness.topic(sent[0].aggregateType, {});
    SinkDriver driver(harness);
    driver.produceAll(sent);
    driver.settle();
    states = harness.kafka().topics();
    BOOST_REQUIRE(states.size() == 1u);
    BOOST_TEST(states[0].needs == "");
    BOOST_TEST(states[0].partitions == KafkaHarness::kPartitions);
    BOOST_TEST(states[0].pinned == KafkaHarness::kPartitions);
}

BOOST_AUTO_TEST_CASE(what_weakens_a_topic_is_read_from_the_broker) {
    KafkaHarness harness;
    const auto lax = EventSinkContract::freshType();
    harness.topic(lax, {{"unclean.leader.election.enable", "true"}, {"min.insync.replicas", "2"}});
    const std::vector<std::string> topics{KafkaHarness::name(lax), "not-there"};
    const auto found = scheduler::kafka::topicWeaknesses(harness.reader.admin(), topics, 10s);
    std::vector<std::string> said;
    for (const auto& weakness : found) said.push_back(weakness.what);
    const std::vector<std::string> expected{"it has one copy of each partition",
                                            "min.insync.replicas is 2, with 1 copies",
                                            "unclean.leader.election.enable is true"};
    BOOST_TEST(said == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(pauses_are_known_after_a_refresh_and_by_the_routes_topic) {
    KafkaHarness harness([](SinkSettings& settings) {
        settings.wire.routes = {{.type = "Happened", .topic = "routed-{aggregateType}"}};
    });
    const auto record = EventSinkContract::records("order", 1, 1)[0];
    harness.pins.pause("outbox.event.order");
    harness.sink().refresh();
    BOOST_TEST(!harness.sink().paused(record));
    harness.pins.pause("routed-order");
    BOOST_TEST(!harness.sink().paused(record));
    harness.sink().refresh();
    BOOST_TEST(harness.sink().paused(record));
    harness.pins.resume("routed-order");
    harness.sink().refresh();
    BOOST_TEST(!harness.sink().paused(record));
}

// A topic grows and its pin is moved while nothing of it is on its way: the next record goes by the new count, in
// sessions that are open too.
BOOST_AUTO_TEST_CASE(a_moved_pin_counts_from_the_next_refresh_on) {
    KafkaHarness harness;
    const auto type = EventSinkContract::freshType();
    harness.topic(type, {}, 2);
    const auto sent = EventSinkContract::records(type, 80, 20);
    SinkDriver driver(harness);
    driver.produceAll({sent.begin(), sent.begin() + 20});
    driver.settle();
    harness.reader.admin().grow(KafkaHarness::name(type), 6, 10s);
    for (int tries = 0; harness.reader.admin().layout(KafkaHarness::name(type), 10s).partitions != 6; ++tries)
        BOOST_REQUIRE(tries < 10'000);
    harness.pins.set(KafkaHarness::name(type), 6);
    driver.produceAll({sent.begin() + 20, sent.begin() + 40});
    driver.settle();
    harness.sink().refresh();
    driver.produceAll({sent.begin() + 40, sent.end()});
    driver.settle();
    for (const auto& record : harness.read(type)) {
        const auto id = std::stoll(TopicReader::header(record, "outbox_seq"));
        BOOST_TEST(record.partition == kafka::partitionOf(record.key, id <= 40 ? 2 : 6));
    }
}

BOOST_AUTO_TEST_CASE(figures_count_what_was_taken_and_not_yet_reported) {
    KafkaHarness harness;
    const auto sent = EventSinkContract::records(EventSinkContract::freshType(), 100, 10);
    {
        SinkDriver driver(harness);
        driver.produceAll({sent.begin(), sent.begin() + 50});
        driver.settle();
        BOOST_TEST(harness.kafka().figures().queuedRows == 0u);
        BOOST_TEST(harness.kafka().figures().queuedBytes == 0u);
        harness.stall();
        driver.produceAll({sent.begin() + 50, sent.end()});
        BOOST_TEST(harness.kafka().figures().queuedRows == 50u);
        BOOST_TEST(harness.kafka().figures().queuedBytes > 50u * 7);
    }
    BOOST_TEST(harness.kafka().figures().queuedRows == 0u); // the session is gone, with all it had
    BOOST_TEST(harness.kafka().figures().queuedBytes == 0u);
    harness.goOn();
}

BOOST_AUTO_TEST_SUITE_END()
