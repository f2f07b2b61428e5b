// A listener's stream on Kafka: scheduler/consumer.hpp over platform/kafka.
#pragma once

#include "platform/kafka/consumer.hpp"
#include "scheduler/consumer.hpp"
#include "scheduler/kafka/topics.hpp"

namespace outboxd::scheduler::kafka {

// Used by one listener's thread. The references must outlive it and its feeds.
class KafkaFeeds final : public EventFeeds {
public:
    KafkaFeeds(outboxd::kafka::ClientSettings client, std::string group, std::vector<std::string> subscribed,
               Topics& topics, core::Logger& logger, const core::Clock& clock)
        : client_(std::move(client)), group_(std::move(group)), subscribed_(std::move(subscribed)),
          topics_(topics), logger_(logger), clock_(clock) {}

    // Makes the topics first if they are not there: a group whose topic comes later would not notice for a while.
    std::unique_ptr<EventFeed> open(AssignmentWatch& watch) override;

private:
    const outboxd::kafka::ClientSettings client_;
    const std::string group_;
    const std::vector<std::string> subscribed_;
    Topics& topics_;
    core::Logger& logger_;
    const core::Clock& clock_;
};

} // namespace outboxd::scheduler::kafka
