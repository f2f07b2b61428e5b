// Topics as an operator treats them: pauses, and the number of partitions that keys are spread over.
//
// Lifting a pause and repartitioning take several steps, each begun when every lane's owner has done the one before; the
// step reached stands in the database (table topic_change), and whichever node runs the job goes on from there:
//
//   SETTLE   the topic is paused, owners settle what was in flight
//   BROKER   the broker has the partitions, or gets them
//   SPREAD   the new count is pinned, owners learn it
//   RELEASE  the pause is lifted, owners learn it
//   REDRIVE  what the pause held returns to the queue
#pragma once

#include "scheduler/desk.hpp"
#include "scheduler/lease.hpp"

namespace outboxd::scheduler {

struct TopicView {
    std::string topic = {};
    std::optional<int> partitions = {}; // pinned; empty: not used yet
    std::int64_t pending = 0;           // as far as counted, see OutboxFigures::kindsComplete
    bool paused = false;
    std::optional<std::string> pausedBy = {}, reason = {};
    std::optional<core::Timestamp> pausedSince = {};
    std::optional<std::int64_t> change = {}; // the order that is under way
    std::string phase = {};
};

struct TopicNotPaused {};
struct TopicIsPaused {};
struct TopicIsChanging {
    std::int64_t order = 0;
};
using TopicAnswer = std::variant<OrderTaken, TopicNotPaused, TopicIsPaused, TopicIsChanging>;

struct Repartition {
    std::string topic = {};
    int partitions = 1;
    bool grow = false; // outboxd adds what the broker lacks
    OrderTerms terms = {};
};

struct TopicChange {
    enum class Phase { settle, broker, spread, release, redrive, done, failed };
    std::int64_t order = 0;
    std::string topic = {};
    int partitions = 0; // 0: a resume
    bool grow = false, keepPaused = false;
    Phase phase = Phase::settle;
    std::optional<std::string> trouble = {};
    std::int64_t stepsLeft = 0; // commands of the order that no owner has executed yet
};

// Thread-safe. Throws core::Error when the database cannot answer.
class TopicDesk {
public:
    virtual ~TopicDesk() = default;
    virtual std::vector<TopicView> topics() = 0;
    // The paused topics of which this one is `pausedBy`.
    virtual std::vector<std::string> pausedBy(const std::string& actor) = 0;
    virtual TopicAnswer pause(const std::string& topic, const OrderTerms& terms) = 0;
    virtual TopicAnswer resume(const std::string& topic, const OrderTerms& terms) = 0;
    // Pauses the topic if it is not; it stays paused afterwards if it was.
    virtual TopicAnswer repartition(const Repartition& order) = 0;

    // The changes under way.
    virtual std::vector<TopicChange> open() = 0;
    // From the phase that `change` has to `next`, with all that belongs to it, in one transaction that ends with the
    // fence of `term`. False: somebody else was there first.
    virtual bool advance(const Term& term, const TopicChange& change, TopicChange::Phase next) = 0;
    // Why the change does not get on, or never will; empty: it does. With the fence, too.
    virtual void note(const Term& term, const TopicChange& change,
                      const std::optional<std::string>& trouble) = 0;
};

// Topics as the brokers have them. Throws core::Error: unavailable, misconfigured.
class TopicCluster {
public:
    virtual ~TopicCluster() = default;
    struct Shape {
        int partitions = 0; // 0: there is no such topic
        int leaderless = 0;
    };
    virtual Shape shape(const std::string& topic) = 0;
    virtual void grow(const std::string& topic, int total) = 0;
};

// One look at every change under way: each goes on as far as it can without waiting. Run by a job under `term`.
void advanceTopicChanges(TopicDesk& desk, TopicCluster& cluster, const Term& term);

} // namespace outboxd::scheduler
