#include "scheduler/kafka/topics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace outboxd::scheduler::kafka {

using namespace std::chrono_literals;

namespace {

constexpr auto kFactsLast = 1min;
constexpr auto kLimitsPause = 10min;
constexpr auto kLeaderPause = 20ms; // leaders are elected within moments of a topic's creation

std::variant<TopicFacts, NotReady> orOld(const std::optional<TopicFacts>& old, std::string reason) {
    if (old) return *old;
    return NotReady{std::move(reason)};
}

} // namespace

Topics::Topics(const SinkSettings& settings, TopicPins& pins, core::Logger& logger, const core::Clock& clock)
    : settings_(settings), pins_(pins), logger_(logger), clock_(clock),
      admin_(settings.client, logger, clock) {}

std::variant<TopicFacts, NotReady> Topics::find(const std::string& topic) {
    std::optional<TopicFacts> old;
    {
        const std::lock_guard lock(mutex_);
        const auto now = clock_.now();
        if (const auto known = known_.find(topic); known != known_.end()) {
            if (now < known->second.lookAgain) return known->second.facts;
            old = known->second.facts;
            known->second.lookAgain = now + kFactsLast; // whatever comes of it: not at each record
        }
        for (const auto& name : {topic, std::string{}})
            if (const auto pause = paused_.find(name); pause != paused_.end() && now < pause->second.until)
                return orOld(old, pause->second.reason);
    }
    const std::unique_lock asking(asking_, std::try_to_lock);
    if (!asking) return orOld(old, "topic " + topic + " is being prepared");
    try {
        auto found = look(topic, old);
        const std::lock_guard lock(mutex_);
        if (const auto* facts = std::get_if<TopicFacts>(&found))
            known_[topic] = {*facts, clock_.now() + kFactsLast};
        else
            known_.erase(topic);
        return found;
    } catch (const core::Error& error) {
        auto reason =
            error.hint().empty() ? error.what() : fmt::format("{} ({})", error.what(), error.hint());
        const bool everyTopic =
            core::isTransient(error.kind()); // brokers or database away: not this topic's fault
        later(everyTopic ? std::string{} : topic, reason, settings_.topicPause);
        return orOld(old, std::move(reason));
    }
}

std::variant<TopicFacts, NotReady> Topics::look(const std::string& topic,
                                                const std::optional<TopicFacts>& old) {
    const auto layout = admin_.layout(topic, settings_.topicWait);
    if (layout.partitions == 0) {
        if (!settings_.createTopics)
            return later(topic, "topic " + topic + " does not exist: create it", settings_.topicPause);
        admin_.create({topic, settings_.partitions, settings_.replicas, {}}, settings_.topicWait);
        logger_.info("topic_created", {{"topic", topic}, {"partitions", settings_.partitions}});
        return later(topic, "topic " + topic + " was created and has no leaders yet", kLeaderPause);
    }
    if (layout.leaderless > 0 && old) return *old; // an election: the producer waits for it by itself
    if (layout.leaderless > 0)
        return later(topic,
                     fmt::format("{} of {} partitions of topic {} have no leader", layout.leaderless,
                                 layout.partitions, topic),
                     kLeaderPause);

    TopicFacts facts;
    facts.partitions = pins_.pin(topic, layout.partitions);
    if (facts.partitions > layout.partitions)
        return later(topic,
                     fmt::format("topic {} has {} partitions but keys are spread over {} (topic_layout): "
                                 "restore the topic, or repartition it",
                                 topic, layout.partitions, facts.partitions),
                     settings_.topicPause);
    if (facts.partitions < layout.partitions &&
        std::exchange(grown_[topic], layout.partitions) != layout.partitions)
        logger_.warning("topic_has_grown", {{"topic", topic},
                                            {"partitions", layout.partitions},
                                            {"used", facts.partitions},
                                            {"why", "new partitions stay empty so that no key moves"}});
    readLimit(topic, facts);
    return facts;
}

void Topics::readLimit(const std::string& topic, TopicFacts& facts) {
    if (clock_.now() < askLimits_) return;
    try {
        if (const auto text = admin_.config(topic, "max.message.bytes", settings_.topicWait))
            std::from_chars(text->data(), text->data() + text->size(), facts.maxBytes);
    } catch (const core::Error& error) {
        // Not allowed, not supported, too slow: the broker's own refusal is still there to be met.
        askLimits_ = clock_.now() + kLimitsPause;
        logger_.info("topic_limit_unknown", {{"topic", topic}, {"error", error.what()}});
    }
}

NotReady Topics::later(const std::string& topic, std::string reason, std::chrono::milliseconds pause) {
    const std::lock_guard lock(mutex_);
    paused_[topic] = {reason, clock_.now() + pause};
    return NotReady{std::move(reason)};
}

void Topics::forget(const std::string& topic) {
    const std::lock_guard lock(mutex_);
    known_.erase(topic);
}

std::size_t Topics::smallestLimit() const {
    const std::lock_guard lock(mutex_);
    auto smallest = std::numeric_limits<std::size_t>::max();
    for (const auto& [topic, known] : known_) smallest = std::min(smallest, known.facts.maxBytes);
    return smallest;
}

} // namespace outboxd::scheduler::kafka
