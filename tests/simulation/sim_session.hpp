// A producer as scheduler/kafka/kafka_session.* makes one of librdkafka: two threads of a node share it. The client's
// own (work()) sends and receives; the relay's (produce, poll, purge) fills and empties its queues.
//
// The rules that the order rests on: idempotent, one request in flight, gapless (nothing is sent after a refused batch),
// no message timeout; the first record of a session goes to each partition alone; the first failure ends the session.
#pragma once

#include "scheduler/event_sink.hpp"
#include "tests/simulation/mutants.hpp"
#include "tests/simulation/sim_db.hpp"
#include "tests/simulation/sim_kafka.hpp"

#include <map>

namespace outboxd::simulation {

class SimSink;

class SimSession {
public:
    SimSession(SimSink& sink, scheduler::SessionMode mode, Dice& dice);
    ~SimSession();
    SimSession(const SimSession&) = delete;
    SimSession& operator=(const SimSession&) = delete;

    // ---- the relay's thread ----
    scheduler::ProduceResult produce(const scheduler::OutboxRecord& record, scheduler::DeliveryToken token);
    void poll(std::vector<scheduler::DeliveryReport>& reports);
    void purge();
    std::size_t outstanding() const { return outstanding_; }

    // ---- the client's thread ----
    // Takes an answer or sends a batch. False: there is nothing to do.
    bool work();

    // ---- the network ----
    void reset(int broker); // answers are lost; what is on the wire may still arrive
    void turnFatal() { fatal_ = true; }

private:
    using Outcome = scheduler::DeliveryReport::Outcome;
    struct Item {
        Id id = 0;
        scheduler::DeliveryToken token = 0;
    };
    struct Batch {
        std::int64_t sequence = 0;
        std::vector<Item> items;
        bool sent = false;
    };
    struct Partition {
        enum class State { fresh, opening, open } state = State::fresh;
        int topic = 0, number = 0;
        std::deque<Item> held;     // behind the record that opens the partition
        std::deque<Item> queue;    // with the client, not sent
        std::deque<Batch> batches; // sent, not answered
        std::int64_t next = 0;     // sequence
    };
    struct Served {
        Item item;
        std::size_t partition = 0;
        Outcome outcome = Outcome::delivered;
    };
    Partition& partitionOf(int topic, int number);
    bool busy(int topic) const; // records of the topic are out
    bool receive(std::size_t broker);
    bool send(std::size_t broker);
    void finish(Partition& partition, Outcome outcome);
    void giveUp();

    SimSink& sink_;
    Dice& dice_;
    const std::size_t batchSize_, depth_;
    const std::int64_t producer_;
    int epoch_ = 0;
    std::vector<Connection*> lines_; // by broker
    std::vector<std::size_t> inFlight_;
    std::vector<std::unique_ptr<Partition>> partitions_;
    std::deque<Served> served_; // by the client, not polled
    std::map<int, int> spread_; // by topic: the partition count that what is out was spread over
    std::size_t outstanding_ = 0;
    bool fatal_ = false; // the client sends nothing any more
    bool broken_ = false;
};

// What the sessions of one node know of topics.
class SimSink {
public:
    struct Limits {
        std::size_t batch = 10, queue = 1000;
    };
    SimSink(SimKafka& kafka, SimDb& db, Dice& dice, Limits limits)
        : kafka_(kafka), db_(db), dice_(dice), mutant_(db.mutant()), limits_(limits) {}

    std::unique_ptr<SimSession> open(scheduler::SessionMode mode) {
        return std::make_unique<SimSession>(*this, mode, dice_);
    }
    // Looks at pauses and pins again.
    void refresh();
    bool paused(int topic) const { return paused_.contains(topic); }
    // How many partitions keys are spread over; 0: cannot be known now.
    int layout(int topic);

    // Records that the client refuses by itself.
    bool refuses(Id id) const { return db_.unsendable().contains(id); }

private:
    friend class SimSession;
    SimKafka& kafka_;
    SimDb& db_;
    Dice& dice_;
    const Mutant mutant_;
    const Limits limits_;
    std::set<int> paused_;
    std::map<int, int> pins_;
};

} // namespace outboxd::simulation
