// Topics as the cluster has them: looking, creating, limits. Each call waits for the brokers, within its
// bound.
#pragma once

#include "platform/kafka/client.hpp"

#include <optional>
#include <variant>

namespace outboxd::kafka {

struct TopicLayout {
    int partitions = 0; // 0: the cluster does not know the topic (any more, or yet)
    int leaderless = 0; // partitions without a leader now
    int replicas = 0;   // of the partition that has the fewest
};

struct TopicSpec {
    std::string name;
    int partitions = 1;
    int replicas = 1;
    std::map<std::string, std::string> configs; // of the topic: "max.message.bytes" and so on
};

// One thread at a time. A call that fails throws core::Error: unavailable (also for a time-out),
// misconfigured (not authorised, a policy or a number of replicas that the cluster refuses). If the cluster does not take
// the client's credentials or certificates, or the client not the cluster's, the error says so.
class Admin {
public:
    // Connects at the first call. `logger` and `clock` must outlive it.
    Admin(ClientSettings settings, core::Logger& logger, const core::Clock& clock);
    ~Admin();
    Admin(const Admin&) = delete;
    Admin& operator=(const Admin&) = delete;

    // Asking does not make a Kafka broker create the topic, whatever its auto.create.topics.enable says.
    TopicLayout layout(const std::string& topic, std::chrono::milliseconds wait);

    // A topic that exists already, of whatever shape, is a success. Its leaders come later: see layout().
    void create(const TopicSpec& spec, std::chrono::milliseconds wait);

    // More partitions for a topic; `total` is the new count.
    void grow(const std::string& topic, int total, std::chrono::milliseconds wait);

    // A topic that does not exist is a success.
    void remove(const std::string& topic, std::chrono::milliseconds wait);

    // A setting of the topic as it applies, also if it is inherited; empty if the broker does not tell.
    std::optional<std::string> config(const std::string& topic, const std::string& name,
                                      std::chrono::milliseconds wait);

    // All settings of the topic as they apply, by name, in one question.
    std::map<std::string, std::string> configs(const std::string& topic, std::chrono::milliseconds wait);

    bool reachable() const { return events_.reachable(); }
    // See ClientEvents::refusal.
    std::string refusal() const { return events_.refusal(); }

private:
    rd_kafka_s* client();
    // Runs `work`; if it failed because no broker takes this client, says so.
    template <class Work> auto ask(Work work);
    TopicLayout layoutNow(const std::string& topic, std::chrono::milliseconds wait);
    std::map<std::string, std::string> configsNow(const std::string& topic, std::chrono::milliseconds wait);

    const ClientSettings settings_;
    ClientEvents events_;
    ClientHandle client_;
};

} // namespace outboxd::kafka
