#include "api/admin/desk_support.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace outboxd::api {

namespace {

constexpr std::int64_t kMostPartitions = 10'000;
constexpr std::size_t kLongestTopic = 249;

std::optional<http::Problem> refuseTopic(const std::string& topic) {
    const bool legal = topic.size() <= kLongestTopic && std::ranges::all_of(topic, [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                  (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
                       });
    if (legal) return std::nullopt;
    return invalidRequest(
        {{"", "must be the full name of a topic: letters, digits, '.', '_' and '-'", "topic"}});
}

http::Response list(const Desks& desks, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonWriter body;
    body.begin().beginList("items");
    for (const auto& topic : desks.topics.topics()) {
        std::optional<std::int64_t> partitions;
        if (topic.partitions) partitions = *topic.partitions;
        std::optional<std::string> phase;
        if (!topic.phase.empty()) phase = topic.phase;
        body.begin()
            .field("topic", topic.topic)
            .field("partitions", partitions)
            .field("pending", topic.pending);
        body.field("paused", topic.paused).field("pausedBy", topic.pausedBy).field("reason", topic.reason);
        body.field("pausedSince", topic.pausedSince)
            .field("changeOrderId", topic.change)
            .field("phase", phase)
            .end();
    }
    body.endList().end();
    return json(body.text());
}

http::Response answered(const Call& call, const scheduler::TopicAnswer& answer, bool dryRun) {
    return std::visit(
        Overloaded{[&](const scheduler::OrderTaken& taken) { return toResponse(taken, dryRun); },
                   [&](const scheduler::TopicNotPaused&) {
                       return refuse(call, {409, "topic_not_paused", "This topic is not paused."});
                   },
                   [&](const scheduler::TopicIsPaused&) {
                       return refuse(call, {409, "topic_already_paused", "This topic is paused already."});
                   },
                   [&](const scheduler::TopicIsChanging& changing) {
                       return refuse(call, {409, "topic_is_changing",
                                            fmt::format("Order {} is changing this topic; wait for its end.",
                                                        changing.order)});
                   }},
        answer);
}

using Order = scheduler::TopicAnswer (scheduler::TopicDesk::*)(const std::string&,
                                                               const scheduler::OrderTerms&);

http::Response pauseOrResume(const Desks& desks, const Call& call, Order order) {
    if (const auto problem = refuseTopic(call.texts[0])) return refuse(call, *problem);
    JsonBody body(call.request);
    const auto terms = orderTerms(call, body.root());
    if (terms.perSecond) body.root().refuse("rate", "makes no sense here");
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return answered(call, (desks.topics.*order)(call.texts[0], terms), terms.dryRun);
}

// Asks the brokers at once, so that a mistake is told before the topic is paused.
std::optional<http::Problem> refuseShape(const Desks& desks, const scheduler::Repartition& order) {
    if (!desks.cluster) return http::Problem{422, "no_brokers", "This node has no relay; ask one that has."};
    try {
        const auto shape = desks.cluster->shape(order.topic);
        if (shape.partitions == 0)
            return http::Problem{404, "topic_not_found", "The brokers know no such topic."};
        if (shape.partitions < order.partitions && !order.grow)
            return http::Problem{
                422, "too_few_partitions",
                fmt::format(
                    "The topic has {} partitions at the brokers; add the others, or order it with grow.",
                    shape.partitions)};
        return std::nullopt;
    } catch (const core::Error& error) {
        return http::Problem{.status = 503,
                             .code = "kafka_unavailable",
                             .detail = "The brokers cannot be asked. Nothing was done; try again.",
                             .retryAfter = std::chrono::seconds{1}};
    }
}

http::Response repartition(const Desks& desks, const Call& call) {
    if (const auto problem = refuseTopic(call.texts[0])) return refuse(call, *problem);
    JsonBody body(call.request);
    auto& root = body.root();
    const auto partitions = root.integer("partitions");
    scheduler::Repartition order{call.texts[0],
                                 static_cast<int>(std::clamp<std::int64_t>(partitions, 1, kMostPartitions)),
                                 root.flag("grow"), orderTerms(call, root)};
    if (root.has("partitions") && (partitions < 1 || partitions > kMostPartitions))
        root.refuse("partitions", fmt::format("must be 1 to {}", kMostPartitions));
    if (order.terms.perSecond) root.refuse("rate", "makes no sense here");
    if (const auto problem = body.problem()) return refuse(call, *problem);
    if (const auto problem = refuseShape(desks, order)) return refuse(call, *problem);
    return answered(call, desks.topics.repartition(order), order.terms.dryRun);
}

} // namespace

void addTopicRoutes(Router& router, const Desks& desks) {
    const std::string topics = "/admin/api/v1/topics";
    router.add("GET", topics, Access::admin, [&desks](const Call& call) { return list(desks, call); });
    router.add("POST", topics + "/{topic}/pause", Access::admin, [&desks](const Call& call) {
        return pauseOrResume(desks, call, &scheduler::TopicDesk::pause);
    });
    router.add("POST", topics + "/{topic}/resume", Access::admin, [&desks](const Call& call) {
        return pauseOrResume(desks, call, &scheduler::TopicDesk::resume);
    });
    router.add("POST", topics + "/{topic}/repartition", Access::admin,
               [&desks](const Call& call) { return repartition(desks, call); });
}

} // namespace outboxd::api
