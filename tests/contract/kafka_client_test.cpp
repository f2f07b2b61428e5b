// Producer, consumer and admin against a real broker of this program's own, which is stalled while they end.
#include "platform/kafka/producer.hpp"
#include "tests/support/private_broker.hpp"
#include "tests/support/topic_reader.hpp"

#include "platform/core/event_id.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;

namespace {

struct Clients {
    Clients() : topic("client-" + core::newEventId(clock).text()) {
        reader.admin().create({topic, 2, 1, {}}, 10s);
    }

    // Produces and waits for the reports.
    void write(int count) {
        kafka::Producer producer(settings, {}, logger, clock);
        for (int i = 0; i < count; ++i) {
            const auto text = std::to_string(i);
            producer.produce({topic, i % 2, text, text, {}, 0}, static_cast<std::uint64_t>(i));
        }
        std::vector<kafka::Producer::Report> reports;
        BOOST_REQUIRE(producer.flush(30s, reports));
        for (const auto& report : reports) BOOST_REQUIRE(report.code == 0);
    }
    std::optional<kafka::ConsumedRecord> next(kafka::Consumer& consumer) {
        for (int tries = 0; tries < 300; ++tries)
            if (auto record = consumer.poll(100ms)) return record;
        return std::nullopt;
    }

    core::SystemClock clock;
    MemoryLogger logger;
    kafka::ClientSettings settings{PrivateBroker::server->address(), "test", {}};
    TopicReader reader{settings.brokers};
    std::string topic;
};

struct Stall {
    Stall() { PrivateBroker::server->stall(); }
    ~Stall() { PrivateBroker::server->goOn(); }
};

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(PrivateBroker);

BOOST_FIXTURE_TEST_SUITE(kafka_client, Clients)

BOOST_AUTO_TEST_CASE(a_group_goes_on_behind_what_it_committed) {
    write(10);
    {
        kafka::Consumer consumer(settings, topic, logger, clock);
        consumer.subscribe({topic});
        const auto first = next(consumer);
        BOOST_REQUIRE(first.has_value());
        BOOST_TEST(first->offset == 0);
        consumer.commit({{topic, first->partition, 3}, {topic, 1 - first->partition, 4}}, 10s);
        BOOST_TEST(consumer.close(10s));
    }
    kafka::Consumer consumer(settings, topic, logger, clock);
    consumer.subscribe({topic});
    std::vector<std::int64_t> offsets;
    for (int i = 0; i < 3; ++i) {
        const auto record = next(consumer);
        BOOST_REQUIRE(record.has_value());
        offsets.push_back(record->offset);
    }
    BOOST_TEST(std::count(offsets.begin(), offsets.end(), 4) == 2); // of both partitions
    BOOST_TEST(std::count(offsets.begin(), offsets.end(), 3) == 1);
}

// Without the gapless guarantee the library takes a new producer id and sends the rest as if nothing were
// missing.
BOOST_AUTO_TEST_CASE(a_refused_message_breaks_the_producer_and_nothing_follows) {
    const auto strict = topic + "-strict";
    reader.admin().create({strict, 1, 1, {{"message.timestamp.before.max.ms", "86400000"}}}, 10s);
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock.today().time_since_epoch()).count();
    kafka::ProducerSettings single;
    single.batchMessages = 1;
    kafka::Producer producer(settings, single, logger, clock);
    std::vector<kafka::Producer::Report> reports;
    producer.produce({strict, 0, "k", "v", {}, now}, 0);
    BOOST_REQUIRE(producer.flush(30s, reports));
    for (std::uint64_t i = 1; i < 50; ++i) producer.produce({strict, 0, "k", "v", {}, i == 10 ? 1 : now}, i);
    // Nobody purges: the library itself has to stop.
    for (int tries = 0; producer.outstanding() > 0 && tries < 10; ++tries) producer.poll(100ms, reports);
    BOOST_TEST(producer.fatal().has_value());
    for (const auto& report : reports) BOOST_TEST((report.code == 0) == (report.opaque < 10));
    BOOST_TEST(reader.readAll(strict).size() == 10u);
}

BOOST_AUTO_TEST_CASE(a_producer_ends_while_the_broker_is_silent) {
    write(1);
    auto producer = std::make_unique<kafka::Producer>(settings, kafka::ProducerSettings{}, logger, clock);
    std::vector<kafka::Producer::Report> reports;
    producer->produce({topic, 0, "k", "v", {}, 0}, 1);
    BOOST_REQUIRE(producer->flush(30s, reports));
    const Stall stall;
    for (int i = 0; i < 1000; ++i) producer->produce({topic, 0, "k", std::string(1000, 'x'), {}, 0}, 1);
    producer->poll(100ms, reports);
    BOOST_TEST(producer->outstanding() == 1000u);
    producer.reset(); // hangs for ever if it waited
}

BOOST_AUTO_TEST_CASE(a_consumer_ends_while_the_broker_is_silent) {
    write(2);
    kafka::Consumer consumer(settings, topic, logger, clock);
    consumer.subscribe({topic});
    BOOST_REQUIRE(next(consumer).has_value());
    const Stall stall;
    BOOST_CHECK_THROW(consumer.commit({{topic, 0, 1}}, 200ms), core::Error);
    consumer.close(200ms); // and its destructor: hang for ever if they waited
}

BOOST_AUTO_TEST_CASE(admin_calls_end_while_the_broker_is_silent) {
    kafka::Admin admin(settings, logger, clock);
    BOOST_TEST(admin.layout(topic, 10s).partitions == 2);
    const Stall stall;
    BOOST_CHECK_THROW(admin.layout(topic, 200ms), core::Error);
    BOOST_CHECK_THROW(admin.create({topic + "-new", 1, 1, {}}, 200ms), core::Error);
    BOOST_CHECK_THROW(admin.config(topic, "max.message.bytes", 200ms), core::Error);
}

BOOST_AUTO_TEST_CASE(creating_a_topic_twice_is_fine_and_removing_it_too) {
    reader.admin().create({topic, 2, 1, {}}, 10s);
    BOOST_TEST(*reader.admin().config(topic, "max.message.bytes", 10s) == "1048588");
    reader.admin().remove(topic, 10s);
    reader.admin().remove(topic, 10s);
}

BOOST_AUTO_TEST_CASE(looking_for_a_topic_does_not_create_it) {
    const auto absent = topic + "-absent";
    BOOST_TEST(reader.admin().layout(absent, 10s).partitions == 0);
    BOOST_TEST(reader.admin().layout(absent, 10s).partitions == 0);
}

BOOST_AUTO_TEST_CASE(more_replicas_than_brokers_is_a_matter_of_settings) {
    BOOST_CHECK_EXCEPTION(reader.admin().create({topic + "-wide", 1, 3, {}}, 10s), core::Error,
                          [](const core::Error& error) {
                              return error.kind() == core::ErrorKind::misconfigured &&
                                     error.hint().find("kafka.replication_factor") != std::string::npos;
                          });
}

BOOST_AUTO_TEST_CASE(a_full_queue_is_back_pressure) {
    kafka::ProducerSettings small;
    small.queueMessages = 2;
    kafka::Producer producer({"127.0.0.1:1", "test", {}}, small, logger, clock);
    const auto send = [&] { return producer.produce({topic, 0, "k", "v", {}, 0}, 1).result; };
    BOOST_CHECK(send() == kafka::Producer::Result::accepted);
    BOOST_CHECK(send() == kafka::Producer::Result::accepted);
    BOOST_CHECK(send() == kafka::Producer::Result::queue_full);
    BOOST_TEST(producer.outstanding() == 2u);
}

BOOST_AUTO_TEST_CASE(no_broker_at_all_shows_in_reachable) {
    kafka::Producer producer({"127.0.0.1:1", "test", {}}, {}, logger, clock);
    std::vector<kafka::Producer::Report> reports;
    for (int tries = 0; producer.reachable(); ++tries) {
        BOOST_REQUIRE(tries < 300);
        producer.poll(100ms, reports);
    }
    BOOST_TEST(!producer.fatal().has_value());
}

BOOST_AUTO_TEST_CASE(properties_that_promises_rest_on_cannot_be_changed) {
    const auto misconfigured = [](const core::Error& error) {
        return error.kind() == core::ErrorKind::misconfigured && !error.hint().empty();
    };
    for (const auto* name :
         {"acks", "enable.idempotence", "message.timeout.ms", "bootstrap.servers", "no.such.property"}) {
        settings.properties = {{name, "1"}};
        BOOST_CHECK_EXCEPTION(kafka::Producer(settings, {}, logger, clock), core::Error, misconfigured);
    }
    settings.properties = {{"socket.timeout.ms", "1000"}};
    kafka::Producer fine(settings, {}, logger, clock);
    BOOST_TEST(fine.outstanding() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
