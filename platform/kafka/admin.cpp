#include "platform/kafka/admin.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>

namespace outboxd::kafka {

namespace {

template <class Type, void (*destroy)(Type*)> struct Destroy {
    void operator()(Type* object) const { destroy(object); }
};
template <class Type, void (*destroy)(Type*)> using Handle = std::unique_ptr<Type, Destroy<Type, destroy>>;

using Topic = Handle<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using NewTopic = Handle<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using NewPartitions = Handle<rd_kafka_NewPartitions_t, rd_kafka_NewPartitions_destroy>;
using DeleteTopic = Handle<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy>;
using Resource = Handle<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;
using Queue = Handle<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = Handle<rd_kafka_event_t, rd_kafka_event_destroy>;
using Options = Handle<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;

[[noreturn]] void fail(ErrorCode code, const std::string& doing, const std::string& detail = {}) {
    auto kind = core::ErrorKind::unavailable;
    std::string hint = "see whether the brokers of kafka.brokers run and can be reached";
    switch (static_cast<rd_kafka_resp_err_t>(code)) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        kind = core::ErrorKind::misconfigured;
        hint = "grant the Kafka user of kafka.properties Create, Describe and Write on the topic";
        break;
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        kind = core::ErrorKind::misconfigured;
        hint = "change kafka.partitions or kafka.replication_factor, or create the topic yourself";
        break;
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
        kind = core::ErrorKind::misconfigured;
        hint = "these brokers cannot do it: use newer ones, or do it by hand";
        break;
    default: break;
    }
    throw core::Error(
        kind, fmt::format("{}: {}{}{}", doing, describe(code), detail.empty() ? "" : "; ", detail), hint);
}

// Runs one admin request and waits for its result event.
template <class Call>
Event request(rd_kafka_t* client, rd_kafka_admin_op_t operation, std::chrono::milliseconds wait,
              const std::string& doing, Call call) {
    const Options options(rd_kafka_AdminOptions_new(client, operation));
    std::array<char, 256> text{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), std::max(milliseconds(wait), 1), text.data(),
                                              text.size());
    const Queue queue(rd_kafka_queue_new(client));
    call(options.get(), queue.get());
    Event event(rd_kafka_queue_poll(queue.get(), milliseconds(wait) + 100));
    if (!event) fail(RD_KAFKA_RESP_ERR__TIMED_OUT, doing);
    if (const auto code = rd_kafka_event_error(event.get()))
        fail(code, doing, rd_kafka_event_error_string(event.get()));
    return event;
}

void check(const rd_kafka_topic_result_t* const* results, std::size_t count, rd_kafka_resp_err_t fine,
           const std::string& doing) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto code = rd_kafka_topic_result_error(results[i]);
        const char* detail = rd_kafka_topic_result_error_string(results[i]);
        if (code && code != fine) fail(code, doing, detail ? detail : "");
    }
}

} // namespace

Admin::Admin(ClientSettings settings, core::Logger& logger, const core::Clock& clock)
    : settings_(std::move(settings)), events_(logger, clock, "admin") {}

Admin::~Admin() = default;

rd_kafka_s* Admin::client() {
    // A consumer's handle asks for metadata without the wish to create topics; a producer's would create them
    // with the broker's default number of partitions.
    if (!client_) client_ = makeClient(ClientType::consumer, Configuration(settings_, {}), events_);
    rd_kafka_poll(client_.get(), 0); // serves the error callback
    return client_.get();
}

template <class Work> auto Admin::ask(Work work) {
    try {
        return work();
    } catch (const core::Error& error) {
        if (client_) rd_kafka_poll(client_.get(), 0); // serves the error callback
        const auto refusal = events_.refusal();
        if (refusal.empty() || !core::isTransient(error.kind())) throw;
        throw core::Error(error.kind(), fmt::format("{}: {}", error.what(), refusal),
                          "correct what kafka.properties and kafka.secrets say about ssl and sasl");
    }
}

TopicLayout Admin::layout(const std::string& topic, std::chrono::milliseconds wait) {
    return ask([&] { return layoutNow(topic, wait); });
}

TopicLayout Admin::layoutNow(const std::string& topic, std::chrono::milliseconds wait) {
    const auto doing = "looking for topic " + topic;
    const Topic handle(rd_kafka_topic_new(client(), topic.c_str(), nullptr));
    if (!handle) fail(rd_kafka_last_error(), doing);
    const struct rd_kafka_metadata* found = nullptr;
    if (const auto code = rd_kafka_metadata(client_.get(), 0, handle.get(), &found, milliseconds(wait)))
        fail(code, doing);
    const std::unique_ptr<const struct rd_kafka_metadata, decltype(&rd_kafka_metadata_destroy)> metadata(
        found, rd_kafka_metadata_destroy);
    events_.setReachable();
    if (metadata->topic_cnt != 1) return {};
    const auto& answer = metadata->topics[0];
    // Leaders are missing for a moment after the creation and in an election: the count stands all the same.
    if (answer.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return {};
    if (answer.err && answer.err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) fail(answer.err, doing);
    TopicLayout layout{answer.partition_cnt, 0, 0};
    for (int i = 0; i < answer.partition_cnt; ++i) {
        const auto& partition = answer.partitions[i];
        if (partition.leader < 0) ++layout.leaderless;
        layout.replicas = i == 0 ? partition.replica_cnt : std::min(layout.replicas, partition.replica_cnt);
    }
    return layout;
}

void Admin::create(const TopicSpec& spec, std::chrono::milliseconds wait) {
    const auto doing = "creating topic " + spec.name;
    std::array<char, 512> text{};
    const NewTopic topic(
        rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, spec.replicas, text.data(), text.size()));
    if (!topic) fail(RD_KAFKA_RESP_ERR__INVALID_ARG, doing, text.data());
    for (const auto& [name, value] : spec.configs)
        rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
    auto* topics = topic.get();
    const auto event =
        request(client(), RD_KAFKA_ADMIN_OP_CREATETOPICS, wait, doing, [&](auto* options, auto* queue) {
            rd_kafka_CreateTopics(client_.get(), &topics, 1, options, queue);
        });
    std::size_t count = 0;
    const auto* results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    check(results, count, RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, doing);
}

void Admin::grow(const std::string& name, int total, std::chrono::milliseconds wait) {
    const auto doing = "adding partitions to topic " + name;
    std::array<char, 512> text{};
    const NewPartitions wish(
        rd_kafka_NewPartitions_new(name.c_str(), static_cast<std::size_t>(total), text.data(), text.size()));
    if (!wish) fail(RD_KAFKA_RESP_ERR__INVALID_ARG, doing, text.data());
    auto* wishes = wish.get();
    const auto event =
        request(client(), RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, wait, doing, [&](auto* options, auto* queue) {
            rd_kafka_CreatePartitions(client_.get(), &wishes, 1, options, queue);
        });
    std::size_t count = 0;
    const auto* results =
        rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
    check(results, count, RD_KAFKA_RESP_ERR_NO_ERROR, doing);
}

void Admin::remove(const std::string& name, std::chrono::milliseconds wait) {
    const auto doing = "deleting topic " + name;
    const DeleteTopic topic(rd_kafka_DeleteTopic_new(name.c_str()));
    auto* topics = topic.get();
    const auto event =
        request(client(), RD_KAFKA_ADMIN_OP_DELETETOPICS, wait, doing, [&](auto* options, auto* queue) {
            rd_kafka_DeleteTopics(client_.get(), &topics, 1, options, queue);
        });
    std::size_t count = 0;
    const auto* results =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
    check(results, count, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, doing);
}

std::optional<std::string> Admin::config(const std::string& topic, const std::string& name,
                                         std::chrono::milliseconds wait) {
    const auto all = configs(topic, wait);
    const auto found = all.find(name);
    return found == all.end() ? std::nullopt : std::optional(found->second);
}

std::map<std::string, std::string> Admin::configs(const std::string& topic, std::chrono::milliseconds wait) {
    return ask([&] { return configsNow(topic, wait); });
}

std::map<std::string, std::string> Admin::configsNow(const std::string& topic,
                                                     std::chrono::milliseconds wait) {
    const auto doing = "reading the settings of topic " + topic;
    const Resource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    auto* resources = resource.get();
    const auto event =
        request(client(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, wait, doing, [&](auto* options, auto* queue) {
            rd_kafka_DescribeConfigs(client_.get(), &resources, 1, options, queue);
        });
    std::size_t count = 0;
    const auto* answer =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    if (count != 1) return {};
    if (const auto code = rd_kafka_ConfigResource_error(answer[0])) fail(code, doing);
    const auto* entries = rd_kafka_ConfigResource_configs(answer[0], &count);
    std::map<std::string, std::string> all;
    for (std::size_t i = 0; i < count; ++i)
        if (const char* value = rd_kafka_ConfigEntry_value(entries[i]))
            all.emplace(rd_kafka_ConfigEntry_name(entries[i]), value);
    return all;
}

} // namespace outboxd::kafka
