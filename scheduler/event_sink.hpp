// Where the relay sends events: the broker as the relay's rules see it.
//
// A session is one producer instance. Its contract is what the order promise rests on:
//  (S1) records of one order key reach one partition in the order of produce(), without a gap: if a record is not
//       delivered, no later record of this session is delivered to that partition after it;
//  (S2) every accepted record gets exactly one report, at the latest after purge();
//  (S3) a `delivered` report is given only after the broker acknowledged it on all in-sync replicas;
//  (S4) a failed report means unknown: the record may still be in the log.
// Contract suite: tests/contract/event_sink_contract.hpp, run over the fake and the Kafka adapter.
#pragma once

#include "scheduler/outbox_record.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace outboxd::scheduler {

// Given to produce() and handed back in the report; chosen by the caller, opaque to the sink.
using DeliveryToken = std::uint64_t;

struct DeliveryReport {
    enum class Outcome {
        delivered,
        failed,          // transport trouble, purge, fatal producer: says nothing about the record itself
        refused_by_rule, // the broker's code blames a record of the batch for good (too large, invalid)
    };
    DeliveryToken token = 0;
    Outcome outcome = Outcome::failed;
    std::string error; // the code's name and text; empty when delivered
};

struct ProduceResult {
    enum class Kind {
        accepted,
        full,      // back-pressure: nothing was taken; try again after reports were served
        not_ready, // the topic has no leaders yet, cannot be created now, or the broker is away; try again later
        refused, // a verdict on this record that needs no broker: too large, bad topic name, bad headers
        broken,  // the session can take nothing any more (fatal producer): purge it and open another
    };
    Kind kind = Kind::accepted;
    std::string error; // for not_ready, refused and broken: what is wrong and what to change
};

// Used by one thread at a time. Destroying a session does not wait for the network beyond a moment.
class SinkSession {
public:
    virtual ~SinkSession() = default;

    // Copies what it needs. Does not wait for the broker, except to prepare a topic seen for the first time
    // (bounded, see the adapter's settings).
    virtual ProduceResult produce(const OutboxRecord& record, DeliveryToken token) = 0;

    // Serves reports for at most `wait`, returning as soon as there is at least one; appends to `reports`.
    virtual void poll(std::chrono::milliseconds wait, std::vector<DeliveryReport>& reports) = 0;

    // Has `wake` called, from any thread, whenever poll() may have something that it had not before; false if the session
    // cannot, and must be polled at intervals. `wake` must be quick, and good until the session is destroyed.
    virtual bool announce(const std::function<void()>& /*wake*/) { return false; }

    // Gives up everything not yet acknowledged; the reports follow from poll(). The session is spent: produce()
    // answers broken from now on.
    virtual void purge() = 0;

    // Accepted records without a report yet.
    virtual std::size_t outstanding() const = 0;
};

enum class SessionMode {
    bulk,
    solo, // each record in a batch of its own, so that `refused_by_rule` is a verdict on that record alone
};

class EventSink {
public:
    virtual ~EventSink() = default;
    // Does not wait for the broker. Throws Error(misconfigured) for settings that the client library refuses.
    virtual std::unique_ptr<SinkSession> open(SessionMode mode) = 0;

    // Reads anew which topics are paused and over how many partitions keys are spread. Whoever returned from it knows
    // all that was committed before the call. Throws core::Error when that cannot be read: the old knowledge stays.
    virtual void refresh() = 0;
    // Whether the record's topic is paused, as of the last refresh().
    virtual bool paused(const OutboxRecord& record) const = 0;
};

// The partition counts that keys are spread over; pinned so that a grown topic does not move keys. And which topics
// operators have paused.
class TopicPins {
public:
    struct Layout {
        std::map<std::string, int, std::less<>> pins; // by topic
        std::set<std::string, std::less<>> paused;
    };

    virtual ~TopicPins() = default;
    // The pinned count of `topic`; pins `found` if there is none yet (another node may win: its count counts).
    // Throws Error(unavailable).
    virtual int pin(const std::string& topic, int found) = 0;
    // All that was committed before the call. Throws Error(unavailable).
    virtual Layout read() = 0;
};

} // namespace outboxd::scheduler
