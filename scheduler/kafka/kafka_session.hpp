// One producer instance, for the relay: keeps S1 to S4 of scheduler/event_sink.hpp.
//
// Opening a partition. A broker that has never seen a producer id on a partition takes any first batch. If
// the very first one is turned down, the next would land without it. So the first record of a session goes to
// each partition alone, and what follows it is held back here until it is acknowledged. From then on the
// broker itself refuses whatever does not follow in sequence. Brokers forget a producer id after a day
// without records (producer.id.expiration.ms), therefore a partition that was quiet for an hour is opened
// again.
//
// The first failure ends the session: everything outstanding is purged and reported as failed.
#pragma once

#include "platform/kafka/producer.hpp"
#include "scheduler/event_sink.hpp"
#include "scheduler/kafka/settings.hpp"
#include "scheduler/kafka/topics.hpp"
#include "scheduler/kafka/wire.hpp"

#include <atomic>
#include <deque>
#include <map>

namespace outboxd::scheduler::kafka {

class KafkaSession final : public SinkSession {
public:
    KafkaSession(const SinkSettings& settings, const outboxd::kafka::ProducerSettings& producer,
                 Topics& topics, std::atomic<bool>& reachable, core::Logger& logger,
                 const core::Clock& clock);

    ProduceResult produce(const OutboxRecord& record, DeliveryToken token) override;
    void poll(std::chrono::milliseconds wait, std::vector<DeliveryReport>& reports) override;
    bool announce(std::function<void()> wake) override {
        producer_.announce(std::move(wake));
        return true;
    }
    void purge() override;
    std::size_t outstanding() const override;

private:
    struct Held {
        WireRecord record;
        DeliveryToken token;
    };
    struct Partition {
        enum class State { fresh, opening, open };
        State state = State::fresh;
        int number = 0;
        std::size_t sent = 0; // with the producer, not reported
        core::Instant lastReport;
        std::deque<Held> held; // behind the record that opens the partition
    };
    struct Slot { // of a record that is with the producer
        DeliveryToken token = 0;
        Partition* partition = nullptr;
        const std::string* topic = nullptr;
    };
    using Outcome = DeliveryReport::Outcome;

    bool mustWait(Partition& partition);
    outboxd::kafka::Producer::Outcome send(Partition& partition, const WireRecord& record,
                                           DeliveryToken token);
    void settle(const outboxd::kafka::Producer::Report& report);
    void release(Partition& partition);
    void report(DeliveryToken token, outboxd::kafka::ErrorCode code);
    void fail(const std::string& error);

    const SinkSettings& settings_;
    const outboxd::kafka::ProducerSettings producerSettings_;
    Topics& topics_;
    std::atomic<bool>& reachable_;
    core::Logger& logger_;
    const core::Clock& clock_;

    outboxd::kafka::Producer producer_;
    std::map<std::string, std::map<int, Partition>>
        partitions_;          // nodes stay where they are: slots point at them
    std::vector<Slot> slots_; // a record's index is its opaque value
    std::vector<std::size_t> freeSlots_;
    std::size_t held_ = 0; // in all partitions
    std::size_t heldBytes_ = 0;
    std::vector<DeliveryReport> ready_;
    std::vector<outboxd::kafka::Producer::Report> served_;
    std::string broken_; // why nothing more is taken; empty while all is well
};

} // namespace outboxd::scheduler::kafka
