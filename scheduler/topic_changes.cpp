#include "scheduler/topic_desk.hpp"

namespace outboxd::scheduler {

namespace {

using Phase = TopicChange::Phase;

// What the broker lacks, or nothing. Asks it to grow the topic if the order says so.
std::optional<std::string> lacking(TopicCluster& cluster, const TopicChange& change) {
    auto shape = cluster.shape(change.topic);
    if (shape.partitions == 0)
        throw core::Error(core::ErrorKind::misconfigured, "the brokers do not know topic " + change.topic);
    if (shape.partitions < change.partitions) {
        if (!change.grow)
            throw core::Error(core::ErrorKind::misconfigured,
                              "topic " + change.topic + " has " + std::to_string(shape.partitions) +
                                  " partitions, not " + std::to_string(change.partitions));
        cluster.grow(change.topic, change.partitions);
        shape = cluster.shape(change.topic);
    }
    if (shape.partitions < change.partitions) return "the new partitions are not there yet";
    if (shape.leaderless > 0) return "partitions have no leader yet";
    return std::nullopt;
}

// True if the change went on.
bool step(TopicDesk& desk, TopicCluster& cluster, const Term& term, TopicChange& change) {
    if (change.stepsLeft > 0) return false; // owners are at it
    switch (change.phase) {
    case Phase::settle: return desk.advance(term, change, Phase::broker);
    case Phase::broker:
        try {
            const auto missing = lacking(cluster, change);
            if (missing != change.trouble) desk.note(term, change, missing);
            return !missing && desk.advance(term, change, Phase::spread);
        } catch (const core::Error& error) {
            desk.note(term, change, error.what());
            change.trouble = error.what();
            if (core::isTransient(error.kind())) return false;
            // It will never work: the topic goes on as it was.
            return desk.advance(term, change, change.keepPaused ? Phase::failed : Phase::release);
        }
    case Phase::spread: return desk.advance(term, change, change.keepPaused ? Phase::done : Phase::release);
    case Phase::release: return desk.advance(term, change, Phase::redrive);
    case Phase::redrive: return desk.advance(term, change, change.trouble ? Phase::failed : Phase::done);
    case Phase::done:
    case Phase::failed: return false;
    }
    return false;
}

} // namespace

void advanceTopicChanges(TopicDesk& desk, TopicCluster& cluster, const Term& term) {
    bool again = true;
    while (again) {
        again = false;
        for (auto& change : desk.open()) again = step(desk, cluster, term, change) || again;
    }
}

} // namespace outboxd::scheduler
