// The brokers: partitions with the state of each producer id, connections that deliver in order, and all that a broker
// may do to a producer.
//
// A request carries one batch of one partition. A batch with a record that the broker refuses fails whole and leaves no
// trace. A sequence that is too high is refused; one that was seen is acknowledged again; but a producer that the partition
// has never seen may begin anywhere.
#pragma once

#include "tests/simulation/dice.hpp"
#include "tests/simulation/judge.hpp"

#include <deque>
#include <memory>
#include <set>
#include <vector>

namespace outboxd::simulation {

struct Request {
    int topic = 0, partition = 0;
    std::int64_t producer = 0;
    int epoch = 0;
    std::int64_t sequence = 0; // of the first record
    std::vector<Id> records;
};
struct Response {
    enum class Result { appended, refused, out_of_order };
    Result result = Result::appended;
    int topic = 0, partition = 0;
};

// One direction each way, in order. When the client gives it up, what is on the wire may still arrive.
struct Connection {
    int broker = 0;
    bool open = true;
    std::deque<Request> requests;
    std::deque<Response> responses;
};

class SimKafka {
public:
    SimKafka(const Time& now, Judge& judge, int brokers, int topics, int partitions);

    int brokers() const { return static_cast<int>(up_.size()); }
    int brokerOf(int partition) const { return partition % brokers(); }
    int partitions(int topic) const {
        return static_cast<int>(topics_[static_cast<std::size_t>(topic)].size());
    }

    std::int64_t newProducer() { return ++producers_; }
    Connection* connect(int broker);

    // Works off the next request of one connection. False: there is nothing to do.
    bool serve(Dice& dice);
    // Bytes of connections that are given up may be lost.
    void dropStrays(Dice& dice);
    bool quiet() const;

    // ---- what goes wrong ----
    void stall(int broker, bool stalled) { up_[static_cast<std::size_t>(broker)] = !stalled; }
    bool up(int broker) const { return up_[static_cast<std::size_t>(broker)]; }
    bool allUp() const;
    void grow(int topic);
    void refuse(Id id) { refused_.insert(id); }
    bool refuses(Id id) const { return refused_.contains(id); }
    const std::set<Id>& refused() const { return refused_; }
    void cure(Id id) { refused_.erase(id); }

private:
    struct ProducerState {
        std::int64_t producer = 0;
        int epoch = 0;
        std::int64_t next = 0;
    };
    struct Partition {
        std::vector<ProducerState> producers;
    };
    Response process(const Request& request);

    const Time& now_;
    Judge& judge_;
    std::vector<std::vector<Partition>> topics_;
    std::vector<bool> up_; // by broker
    std::vector<std::unique_ptr<Connection>> connections_;
    std::set<Id> refused_;
    std::int64_t producers_ = 0;
};

} // namespace outboxd::simulation
