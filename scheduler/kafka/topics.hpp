// Topics made ready before their first record: they exist, every partition has a leader, their partition
// count is pinned and their size limit known.
//
// Why so strict: a topic that comes into being by its first message can lose that message's place. A batch
// meets a partition that is not ready and is retried, while the next one is accepted before it.
#pragma once

#include "platform/kafka/admin.hpp"
#include "scheduler/event_sink.hpp"
#include "scheduler/kafka/settings.hpp"

#include <limits>
#include <map>
#include <mutex>
#include <variant>

namespace outboxd::scheduler::kafka {

struct TopicFacts {
    int partitions = 0;                                             // as pinned
    std::size_t maxBytes = std::numeric_limits<std::size_t>::max(); // the topic's max.message.bytes, if known
};

struct NotReady {
    std::string reason;
};

// Thread-safe. One thread at a time looks at the brokers; others are told NotReady meanwhile.
class Topics {
public:
    Topics(const SinkSettings& settings, TopicPins& pins, core::Logger& logger, const core::Clock& clock);

    // Known facts come from memory and are looked up anew each minute. Otherwise waits for the brokers at
    // most `topicWait` for each of up to three questions; after a failure the answer is NotReady without
    // waiting, until `topicPause` is over. Facts once known stay in use while the brokers are away.
    std::variant<TopicFacts, NotReady> find(const std::string& topic);

    // The topic seems to have vanished: look before it is used again.
    void forget(const std::string& topic);

    // The smallest size limit of the topics found so far.
    std::size_t smallestLimit() const;

    bool reachable() const { return admin_.reachable(); }

private:
    struct Known {
        TopicFacts facts;
        core::Instant lookAgain;
    };
    // Throws core::Error when the brokers or the pins cannot be asked.
    std::variant<TopicFacts, NotReady> look(const std::string& topic, const std::optional<TopicFacts>& old);
    void readLimit(const std::string& topic, TopicFacts& facts);
    NotReady later(const std::string& topic, std::string reason, std::chrono::milliseconds pause);

    const SinkSettings& settings_;
    TopicPins& pins_;
    core::Logger& logger_;
    const core::Clock& clock_;

    std::mutex asking_; // held while the brokers are asked; taken before mutex_
    outboxd::kafka::Admin admin_;
    std::map<std::string, int> grown_; // warned about, with the count found
    core::Instant askLimits_{};        // the brokers do not tell limits: try again then

    mutable std::mutex mutex_; // guards what follows
    std::map<std::string, Known> known_;
    struct Pause {
        std::string reason;
        core::Instant until;
    };
    std::map<std::string, Pause> paused_; // by topic; "" for all of them
};

} // namespace outboxd::scheduler::kafka
