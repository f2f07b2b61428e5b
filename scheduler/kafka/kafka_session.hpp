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
#include "scheduler/kafka/delivery_watch.hpp"
#include "scheduler/kafka/settings.hpp"
#include "scheduler/kafka/topics.hpp"
#include "scheduler/kafka/wire.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <unordered_map>

namespace outboxd::scheduler::kafka {

// What sessions tell while they work; read by any thread.
struct SessionFigures {
    std::atomic<bool> reachable{true};
    std::atomic<std::size_t> queuedRows{0};  // taken and not yet reported, of all sessions
    std::atomic<std::size_t> queuedBytes{0}; // their keys, payloads and headers
    DeliveryWatch* watch = nullptr;          // told too, if there is one
};

class KafkaSession final : public SinkSession {
public:
    // All that is given by reference must outlive it.
    KafkaSession(const outboxd::kafka::ClientSettings& client,
                 const outboxd::kafka::ProducerSettings& producer, const WirePlan& plan, Topics& topics,
                 SessionFigures& figures, core::Logger& logger, const core::Clock& clock);
    ~KafkaSession() override;

    ProduceResult produce(const OutboxRecord& record, DeliveryToken token) override;
    void poll(std::chrono::milliseconds wait, std::vector<DeliveryReport>& reports) override;
    bool announce(const std::function<void()>& wake) override {
        producer_.announce(wake);
        return true;
    }
    void purge() override;
    std::size_t outstanding() const override;

private:
    struct Held {
        OutboxRecord record;
        DeliveryToken token;
        std::size_t bytes;
    };
    struct Topic;
    struct Partition {
        enum class State { fresh, opening, open };
        Topic& topic;
        int number = 0;
        State state = State::fresh;
        std::size_t sent = 0; // with the producer, not reported
        core::Instant lastReport = {};
        std::deque<Held> held = {}; // behind the record that opens the partition
    };
    struct Topic {
        std::string name;
        std::vector<std::unique_ptr<Partition>> partitions = {}; // by number; null: not used yet
        TopicFacts facts = {};
        int spread = 0; // the partition count that what is outstanding was spread over
        core::Instant factsUntil = {};
        core::Instant limitUntil = {};         // of the size limit, as far as it decides
        std::uint64_t generation = 0;          // of the facts
        std::array<std::size_t, 3> ended = {}; // records by outcome that the watch was not told of yet
        bool busy() const {
            return std::ranges::any_of(
                partitions, [](const auto& one) { return one && one->sent + one->held.size() > 0; });
        }
    };
    struct Slot { // of a record that is with the producer
        DeliveryToken token = 0;
        Partition* partition = nullptr;
        std::size_t bytes = 0;
        core::Timestamp createdAt;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    using Outcome = DeliveryReport::Outcome;

    Topic& topicOf(std::string_view name);
    std::optional<NotReady> prepare(Topic& topic); // fills its facts in
    std::optional<NotReady> askLimitAgain(Topic& topic);
    Partition& partitionOf(Topic& topic, std::string_view orderKey);
    bool mustWait(Partition& partition);
    outboxd::kafka::Producer::Outcome send(Partition& partition, const WireRecord& record, std::size_t bytes,
                                           core::Timestamp createdAt, DeliveryToken token);
    template <class Act> void forEachPartition(Act act);
    void count(std::size_t rows, std::size_t bytes); // they were taken
    void discount(std::size_t rows, std::size_t bytes);
    void settle(const outboxd::kafka::Producer::Report& report);
    void tell();
    void release(Partition& partition);
    void report(DeliveryToken token, outboxd::kafka::ErrorCode code);
    void fail(const std::string& error);

    const outboxd::kafka::ProducerSettings settings_;
    Topics& topics_;
    SessionFigures& figures_;
    core::Logger& logger_;
    const core::Clock& clock_;

    Encoder encoder_;
    outboxd::kafka::Producer producer_;
    std::unordered_map<std::string, Topic, Hash, std::equal_to<>>
        used_;                // nodes stay where they are: partitions point at them
    std::vector<Slot> slots_; // a record's index is its opaque value
    std::vector<std::size_t> freeSlots_;
    std::size_t held_ = 0; // in all partitions
    std::size_t heldBytes_ = 0;
    core::Timestamp today_{}; // of the last poll that brought reports
    core::Instant polled_{};
    std::size_t rows_ = 0, bytes_ = 0; // what this session has counted among the figures
    std::vector<DeliveryReport> ready_;
    std::vector<outboxd::kafka::Producer::Report> served_;
    std::string broken_; // why nothing more is taken; empty while all is well
};

} // namespace outboxd::scheduler::kafka
