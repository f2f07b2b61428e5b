// Topics made ready before their first record: they exist, every partition has a leader, their partition
// count is pinned and their size limit known.
//
// Why so strict: a topic that comes into being by its first message can lose that message's place. A batch
// meets a partition that is not ready and is retried, while the next one is accepted before it.
#pragma once

#include "platform/kafka/admin.hpp"
#include "scheduler/event_sink.hpp"
#include "scheduler/kafka/settings.hpp"
#include "scheduler/topic_care.hpp"

#include <atomic>
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

// What is known of a topic in use.
struct TopicState {
    std::string topic;
    int partitions = 0;     // as the brokers have them; 0: not known
    int pinned = 0;         // of these, keys are spread over the first so many
    std::string needs = {}; // what a person has to do before events can go there; empty: nothing
};

// Thread-safe. One thread at a time looks at the brokers; others are told NotReady meanwhile.
class Topics {
public:
    Topics(const SinkSettings& settings, TopicPins& pins, core::Logger& logger, const core::Clock& clock);

    // Known facts come from memory and are looked up anew each minute. Otherwise waits for the brokers at
    // most `topicWait` for each of up to three questions; after a failure the answer is NotReady without
    // waiting, until `topicPause` is over. Facts once known stay in use while the brokers are away.
    std::variant<TopicFacts, NotReady> find(const std::string& topic);

    // The same for whoever takes care of topics, see there.
    TopicReadiness::Answer readiness(const std::string& topic);

    // The topic seems to have vanished: look before it is used again.
    void forget(const std::string& topic);

    // Reads pins and pauses anew; facts that rest on another pin are forgotten. Throws core::Error.
    void refresh();
    bool paused(std::string_view topic) const;
    bool anyPaused() const { return anyPaused_; }

    // Moves on whenever facts given before must not be used any longer.
    std::uint64_t generation() const { return generation_; }

    // The smallest size limit of the topics found so far.
    std::size_t smallestLimit() const;

    std::vector<TopicState> states() const;
    bool reachable() const { return admin_.reachable(); }
    std::string refusal() const { return admin_.refusal(); } // see ClientEvents::refusal

private:
    struct Known {
        TopicFacts facts;
        int found = 0; // partitions
        core::Instant lookAgain;
    };
    struct Rest { // nobody is asked until then
        std::string reason;
        core::Instant until;
        bool person = false; // it will not mend itself
    };
    enum class Mends { by_itself, by_a_person };

    // Throws core::Error when the brokers or the pins cannot be asked.
    std::variant<Known, NotReady> look(const std::string& topic, const std::optional<Known>& old);
    void readLimit(const std::string& topic, TopicFacts& facts);
    NotReady later(const std::string& topic, std::string reason, std::chrono::milliseconds pause,
                   Mends mends);

    const SinkSettings& settings_;
    TopicPins& pins_;
    core::Logger& logger_;
    const core::Clock& clock_;
    std::atomic<std::uint64_t> generation_{0};
    std::atomic<bool> anyPaused_{false};

    std::mutex
        refreshing_; // held from reading to taking over, so that an older reading never wins; taken before mutex_
    std::mutex asking_; // held while the brokers are asked; taken before mutex_
    outboxd::kafka::Admin admin_;
    std::map<std::string, int> grown_; // warned about, with the count found
    core::Instant askLimits_{};        // the brokers do not tell limits: try again then

    mutable std::mutex mutex_; // guards what follows
    std::map<std::string, Known> known_;
    std::map<std::string, Rest> resting_; // by topic; "" for all of them
    std::set<std::string, std::less<>> paused_;
};

} // namespace outboxd::scheduler::kafka
