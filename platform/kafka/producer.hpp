// An idempotent producer that leaves no gap: librdkafka's, wrapped so that its traps are handled here.
//
//  - acks=all, enable.idempotence, enable.gapless.guarantee, no message time-out: a message is delivered, or
//    the producer fails as a whole (fatal()), or it is purged. Nothing is dropped silently in between.
//  - One request in flight per broker. With more, a request that the broker turns down for a moment is
//    overtaken by the next one whenever the broker does not know this producer id on the partition yet: on
//    its first batch, and after librdkafka took a new id to recover (seen on Kafka 4.1: the first batch
//    refused, the next four in the log). Even so, the first batch on a partition has to be awaited before the
//    next message is produced; that is the caller's part, see scheduler/kafka.
//  - A failed report says nothing about the log: the message may be there.
//  - After a fatal error what is in flight gets no report for many seconds, unless purge() is called.
//
// For one thread at a time. Callbacks run inside poll() and flush(), on the caller's thread.
#pragma once

#include "platform/kafka/client.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

struct rd_kafka_topic_s;

namespace outboxd::kafka {

struct ProducerSettings {
    std::chrono::milliseconds linger{0}; // how long a message may wait for company in its batch
    std::string compression = "lz4";     // none, gzip, snappy, lz4 or zstd
    std::size_t batchMessages = 10'000;
    std::size_t batchBytes = 1'000'000;
    std::size_t maxMessageBytes = 1'000'000; // key and value, uncompressed
    std::size_t queueMessages = 100'000;     // not yet reported
    std::size_t queueBytes = 64 * 1024 * 1024;
};

using Header = std::pair<std::string_view, std::string_view>;

struct Message {
    const std::string& topic;
    int partition;
    std::string_view key;
    std::optional<std::string_view> value; // empty: a tombstone
    std::span<const Header> headers;
    std::int64_t timestamp; // milliseconds since 1970
};

class Producer {
public:
    struct Report {
        std::uint64_t opaque;
        ErrorCode code; // 0: on all in-sync replicas
    };
    enum class Result {
        accepted,
        queue_full,
        refused, // see `code`: too large, unknown partition, fatal producer
    };
    struct Outcome {
        Result result = Result::accepted;
        ErrorCode code = 0;
    };

    // Connects in the background. `logger` and `clock` must outlive it. Throws Error(misconfigured).
    Producer(const ClientSettings& client, const ProducerSettings& settings, core::Logger& logger,
             const core::Clock& clock);
    // Gives up what is outstanding, without reports. Does not wait for brokers, dead or stalled.
    ~Producer();
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    // Copies the message; never waits. `opaque` comes back in its report.
    Outcome produce(const Message& message, std::uint64_t opaque);

    // Asks the brokers for the topic's partitions now. By itself the library learns of new ones within minutes, and refuses
    // messages for them until then.
    void learn(const std::string& topic, std::chrono::milliseconds wait);

    // Waits at most `wait` for something to happen, then appends all reports there are.
    void poll(std::chrono::milliseconds wait, std::vector<Report>& reports);

    // Has `wake` called, from a thread of the library, when reports begin to wait for poll(). To be set before the first
    // message; `wake` must be good as long as the producer.
    void announce(std::function<void()> wake);

    // Fails all that is queued or in flight; the reports follow from poll(). Does not wait. A message that
    // changes hands between librdkafka's threads at this moment can be missed: call again while outstanding()
    // stays.
    void purge();

    // Polls until nothing is outstanding or `wait` is over; returns whether nothing is.
    bool flush(std::chrono::milliseconds wait, std::vector<Report>& reports);

    // Accepted and not yet appended to reports.
    std::size_t outstanding() const { return outstanding_; }

    // What broke this producer for good; a new one is needed then.
    std::optional<std::string> fatal() const;

    bool reachable() const { return context_.reachable(); }

private:
    struct DeleteTopic {
        void operator()(rd_kafka_topic_s* topic) const;
    };
    struct Context : ClientEvents {
        using ClientEvents::ClientEvents;
        std::vector<Report> served; // filled by the callback inside poll()
        std::function<void()> wake;
    };
    struct Callbacks;
    rd_kafka_topic_s* topic(const std::string& name);

    Context context_;
    std::size_t outstanding_ = 0;
    ClientHandle client_;
    std::map<std::string, std::unique_ptr<rd_kafka_topic_s, DeleteTopic>>
        topics_; // destroyed before the client
};

} // namespace outboxd::kafka
