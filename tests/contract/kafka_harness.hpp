// The sink's contract on a real broker of the program's own.
#pragma once

#include "platform/kafka/murmur2.hpp"
#include "scheduler/kafka/kafka_sink.hpp"
#include "tests/contract/event_sink_contract.hpp"
#include "tests/support/memory_pins.hpp"
#include "tests/support/private_server.hpp"
#include "tests/support/topic_reader.hpp"

#include <optional>

namespace outboxd::testing {

using namespace std::chrono_literals;
using scheduler::kafka::KafkaSink;
using scheduler::kafka::SinkSettings;

// One for the whole program.
struct KafkaBroker {
    KafkaBroker() { server.emplace("kafka"); }
    ~KafkaBroker() { server.reset(); }
    static inline std::optional<PrivateServer> server;
};

class KafkaHarness final : public SinkUnderTest {
public:
    explicit KafkaHarness(void (*change)(SinkSettings&) = [](SinkSettings&) {})
        : sink_(settings(change), pins, logger, clock_) {}
    ~KafkaHarness() override {
        if (stalled_) KafkaBroker::server->goOn();
    }

    KafkaSink& sink() override { return sink_; }
    KafkaSink& kafka() { return sink_; }
    // The broker takes no record that is older than a day: see topic().
    void poison(scheduler::OutboxRecord& record) override {
        topic(record.aggregateType, {{"message.timestamp.before.max.ms", "86400000"}});
        record.createdAt = core::Timestamp{} + 24h;
    }
    void stall() override {
        stalled_ = true;
        KafkaBroker::server->stall();
    }
    void goOn() override {
        stalled_ = false;
        KafkaBroker::server->goOn();
    }
    std::vector<Place> log(const std::string& aggregateType) override {
        std::vector<Place> places;
        for (const auto& record : read(aggregateType))
            places.push_back({std::to_string(record.partition),
                              std::stoll(TopicReader::header(record, "outbox_seq")), record.key});
        return places;
    }
    std::string partitionOf(const std::string& key) override {
        return std::to_string(kafka::partitionOf(key, kPartitions));
    }

    std::vector<kafka::ConsumedRecord> read(const std::string& aggregateType) {
        return reader.readAll(name(aggregateType));
    }
    void topic(const std::string& aggregateType, std::map<std::string, std::string> configs,
               int partitions = kPartitions) {
        makeTopic(name(aggregateType), std::move(configs), partitions);
    }
    void makeTopic(const std::string& topic, std::map<std::string, std::string> configs,
                   int partitions = kPartitions) {
        reader.admin().create({topic, partitions, 1, std::move(configs)}, 10s);
        // A bounded number of questions, each of which waits for the broker's answer.
        for (int tries = 0; tries < 10'000; ++tries) {
            const auto layout = reader.admin().layout(topic, 10s);
            if (layout.partitions == partitions && layout.leaderless == 0) return;
        }
        throw std::runtime_error("the topic has no leaders");
    }
    static std::string name(const std::string& aggregateType) { return "outbox.event." + aggregateType; }

    static constexpr int kPartitions = 4;
    MemoryLogger logger;
    MemoryPins pins;
    TopicReader reader{KafkaBroker::server->address()};

private:
    static SinkSettings settings(void (*change)(SinkSettings&)) {
        SinkSettings settings;
        settings.client.brokers = KafkaBroker::server->address();
        settings.partitions = kPartitions;
        settings.producer.batchMessages = 1; // so that one batch can go wrong before others
        settings.topicWait = 5s;             // a busy machine's broker is slow
        change(settings);
        return settings;
    }
    core::SystemClock clock_;
    KafkaSink sink_;
    bool stalled_ = false;
};

} // namespace outboxd::testing
