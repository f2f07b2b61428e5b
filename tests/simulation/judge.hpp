// What must hold in every history. The tables and the broker report what happened; the first breach ends the run.
#pragma once

#include "tests/simulation/trace.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace outboxd::simulation {

using Id = std::int64_t;

class Breach : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What the judge knows of one event.
struct Facts {
    int key = 0, topic = 0;
    Time inserted{};
    bool inLog = false;
    bool guilty = false;    // the broker or the client refused it at some time
    bool waived = false;    // given up by the operator or overtaken by rule: its order is promised no more
    bool hasNothing = true; // its row of outbox_event is missing: there is nothing to send
};

class Judge {
public:
    // `skip`: later events of a key go on when one is FAILED, so its order is waived.
    Judge(int topics, bool skip, const Trace& trace)
        : skip_(skip), trace_(trace), layouts_(static_cast<std::size_t>(topics)) {}

    void born(Id id, int key, int topic, Time now);
    void missing(Id id) { at(id).hasNothing = true; }
    void guilty(Id id) {
        at(id).guilty = true;
        at(id).waived = at(id).waived || skip_;
    }
    void waive(Id id) { at(id).waived = true; }
    const Trace& trace() const { return trace_; }
    bool inLog(Id id) const { return events_[static_cast<std::size_t>(id)].inLog; }
    const Facts& facts(Id id) const { return events_[static_cast<std::size_t>(id)]; }

    // The partition count of a topic is pinned, or announced anew.
    void layout(int topic, int partitions, Time now);

    // All owners have said that they know of the topic's pause: no event that is born from now on is sent before it ends.
    void pauseKnown(int topic) { frozenAfter_.try_emplace(topic, newest_); }
    void pauseEnds(int topic) { frozenAfter_.erase(topic); }

    // A record reached the log.
    void appended(Id id, int partition, Time now);
    // A row left the queue for good.
    void settled(Id id) const;
    // A row is held with the verdict FAILED.
    void failed(Id id) const;
    // A fenced transaction commits; `holder` is what the lease row says at that moment.
    static void committed(const std::string& term, const std::string& holder);

    static int partitionOf(int key, int partitions) {
        return static_cast<int>((static_cast<unsigned>(key) * 2654435761U >> 8) %
                                static_cast<unsigned>(partitions));
    }

private:
    struct Layout {
        Time since;
        int partitions;
    };
    Facts& at(Id id) { return events_[static_cast<std::size_t>(id)]; }

    const bool skip_;
    const Trace& trace_;
    std::vector<Facts> events_; // by id
    std::vector<std::vector<Layout>> layouts_;
    std::map<int, Id> frozenAfter_; // by topic
    Id newest_ = 0;
    std::map<std::pair<int, int>, Id> latest_; // highest id delivered, by key and topic
};

} // namespace outboxd::simulation
