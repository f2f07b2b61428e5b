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

std::variant<TopicFacts, NotReady> factsOr(const std::optional<TopicFacts>& old, std::string reason) {
    if (old) return *old;
    return NotReady{std::move(reason)};
}

} // namespace

Topics::Topics(const SinkSettings& settings, TopicPins& pins, core::Logger& logger, const core::Clock& clock)
    : settings_(settings), pins_(pins), logger_(logger), clock_(clock),
      admin_(settings.client, logger, clock) {}

std::variant<TopicFacts, NotReady> Topics::find(const std::string& topic) {
    std::optional<Known> old;
    std::optional<TopicFacts> oldFacts;
    std::uint64_t generation = 0;
    {
        const std::lock_guard lock(mutex_);
        const auto now = clock_.now();
        generation = generation_;
        if (const auto known = known_.find(topic); known != known_.end()) {
            if (now < known->second.lookAgain) return known->second.facts;
            old = known->second;
            oldFacts = old->facts;
            known->second.lookAgain = now + kFactsLast; // whatever comes of it: not at each record
        }
        for (const auto& name : {topic, std::string{}})
            if (const auto rest = resting_.find(name); rest != resting_.end() && now < rest->second.until)
                return factsOr(oldFacts, rest->second.reason);
    }
    const std::unique_lock asking(asking_, std::try_to_lock);
    if (!asking) return factsOr(oldFacts, "topic " + topic + " is being prepared");
    try {
        auto found = look(topic, old);
        const std::lock_guard lock(mutex_);
        if (generation != generation_) // pins were changed meanwhile
            return NotReady{"topic " + topic + " is being looked at anew"};
        if (auto* known = std::get_if<Known>(&found)) {
            if (old && (old->facts.partitions != known->facts.partitions ||
                        old->facts.maxBytes != known->facts.maxBytes))
                ++generation_;
            known->lookAgain = clock_.now() + kFactsLast;
            known_[topic] = *known;
            resting_.erase(topic);
            resting_.erase(std::string{});
            return known->facts;
        }
        known_.erase(topic);
        ++generation_;
        return std::get<NotReady>(std::move(found));
    } catch (const core::Error& error) {
        auto reason =
            error.hint().empty() ? error.what() : fmt::format("{} ({})", error.what(), error.hint());
        // Brokers or database away is not this topic's fault.
        const bool everyTopic = core::isTransient(error.kind());
        later(everyTopic ? std::string{} : topic, reason, settings_.topicPause,
              everyTopic ? Mends::by_itself : Mends::by_a_person);
        return factsOr(oldFacts, std::move(reason));
    }
}

TopicReadiness::Answer Topics::readiness(const std::string& topic) {
    using State = TopicReadiness::Answer::State;
    if (std::holds_alternative<TopicFacts>(find(topic))) return {State::ready};
    const std::lock_guard lock(mutex_);
    const auto rest = resting_.find(topic);
    if (rest == resting_.end() || !rest->second.person) return {State::unclear};
    return {State::unready, rest->second.reason};
}

std::variant<Topics::Known, NotReady> Topics::look(const std::string& topic,
                                                   const std::optional<Known>& old) {
    const auto layout = admin_.layout(topic, settings_.topicWait);
    if (layout.partitions == 0) {
        if (!settings_.createTopics)
            return later(topic,
                         fmt::format("topic {} does not exist and kafka.create_topics is off: create it, "
                                     "with as many partitions as it shall keep",
                                     topic),
                         settings_.topicPause, Mends::by_a_person);
        admin_.create({topic, settings_.partitions, settings_.replicas, settings_.topicConfigs},
                      settings_.topicWait);
        logger_.info("topic_created", {{"topic", topic}, {"partitions", settings_.partitions}});
        return later(topic, "topic " + topic + " was created and has no leaders yet", kLeaderPause,
                     Mends::by_itself);
    }
    if (layout.leaderless > 0 && old) return *old; // an election: the producer waits for it by itself
    if (layout.leaderless > 0)
        return later(topic,
                     fmt::format("{} of {} partitions of topic {} have no leader", layout.leaderless,
                                 layout.partitions, topic),
                     kLeaderPause, Mends::by_itself);

    Known known;
    known.found = layout.partitions;
    known.facts.partitions = pins_.pin(topic, layout.partitions);
    if (known.facts.partitions > layout.partitions)
        return later(topic,
                     fmt::format("topic {} has {} partitions but keys are spread over {} (topic_layout): "
                                 "restore the topic, or repartition it",
                                 topic, layout.partitions, known.facts.partitions),
                     settings_.topicPause, Mends::by_a_person);
    if (known.facts.partitions < layout.partitions &&
        std::exchange(grown_[topic], layout.partitions) != layout.partitions)
        logger_.warning("topic_has_grown", {{"topic", topic},
                                            {"partitions", layout.partitions},
                                            {"used", known.facts.partitions},
                                            {"why", "new partitions stay empty so that no key moves"}});
    readLimit(topic, known.facts);
    return known;
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

NotReady Topics::later(const std::string& topic, std::string reason, std::chrono::milliseconds pause,
                       Mends mends) {
    const bool person = mends == Mends::by_a_person;
    bool news = false;
    {
        const std::lock_guard lock(mutex_);
        auto& rest = resting_[topic];
        news = rest.reason != reason;
        rest = {reason, clock_.now() + pause, person};
    }
    if (person && news) logger_.warning("topic_not_ready", {{"topic", topic}, {"reason", reason}});
    return NotReady{std::move(reason)};
}

void Topics::forget(const std::string& topic) {
    const std::lock_guard lock(mutex_);
    known_.erase(topic);
    ++generation_;
}

void Topics::refresh() {
    const std::lock_guard refreshing(refreshing_);
    auto layout = pins_.read();
    const std::lock_guard lock(mutex_);
    // Also those without a pin: theirs was taken away.
    std::erase_if(known_, [&](const auto& entry) {
        const auto pin = layout.pins.find(entry.first);
        return pin == layout.pins.end() || pin->second != entry.second.facts.partitions;
    });
    for (auto& [topic, rest] : resting_) // the reason may be gone
        if (!topic.empty()) rest.until = std::min(rest.until, clock_.now());
    paused_ = std::move(layout.paused);
    anyPaused_ = !paused_.empty();
    ++generation_;
}

bool Topics::paused(std::string_view topic) const {
    const std::lock_guard lock(mutex_);
    return paused_.contains(topic);
}

std::size_t Topics::smallestLimit() const {
    const std::lock_guard lock(mutex_);
    auto smallest = std::numeric_limits<std::size_t>::max();
    for (const auto& [topic, known] : known_) smallest = std::min(smallest, known.facts.maxBytes);
    return smallest;
}

std::vector<TopicState> Topics::states() const {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.now();
    std::map<std::string, TopicState> states;
    for (const auto& [topic, known] : known_) states[topic] = {topic, known.found, known.facts.partitions};
    for (const auto& [topic, rest] : resting_) {
        // Nobody asked for it any more: its events are gone, or go elsewhere.
        if (!rest.person || topic.empty() || now > rest.until + kFactsLast) continue;
        auto& state = states[topic];
        state.topic = topic;
        state.needs = rest.reason;
    }
    std::vector<TopicState> all;
    for (auto& [topic, state] : states) all.push_back(std::move(state));
    return all;
}

} // namespace outboxd::scheduler::kafka
