#include "scheduler/kafka/routes.hpp"

#include "platform/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace outboxd::scheduler::kafka {

namespace {

constexpr std::size_t kLongestTopic = 249;

bool isTopicLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

std::string wrongTopic(const Template& topic) {
    for (const auto used : topic.placeholders())
        if (used != Placeholder::aggregate_type && used != Placeholder::type)
            return fmt::format("{} would make a topic of each value; use {} and {} alone", name(used),
                               name(Placeholder::aggregate_type), name(Placeholder::type));
    const auto literals = topic.literals();
    if (!std::all_of(literals.begin(), literals.end(), isTopicLetter))
        return fmt::format("'{}' cannot be in a topic's name; use letters, digits, '.', '_' and '-'",
                           literals);
    if (topic.placeholders().empty() && !isTopicName(literals))
        return fmt::format("'{}' cannot be a topic's name; give one of 1 to {} letters", literals,
                           kLongestTopic);
    return {};
}

// Fills `route` in; returns what is wrong, or nothing.
std::string fill(const RouteSettings& from, Profile profile, Route& route) {
    route.aggregateType = from.aggregateType;
    route.type = from.type;
    if (from.topic.empty() && from.key.empty() && from.headers.empty())
        return "it changes nothing; give a topic, a key or headers";
    const auto parse = [](std::string_view field, const std::string& text,
                          std::optional<Template>& to) -> std::string {
        if (text.empty()) return {};
        auto read = Template::parse(text);
        if (const auto* wrong = std::get_if<Template::Mistake>(&read))
            return fmt::format("{}: {}", field, wrong->what);
        to = std::move(std::get<Template>(read));
        return {};
    };
    if (auto wrong = parse("topic", from.topic, route.topic); !wrong.empty()) return wrong;
    if (route.topic)
        if (auto wrong = wrongTopic(*route.topic); !wrong.empty()) return "topic: " + wrong;
    if (auto wrong = parse("key", from.key, route.key); !wrong.empty()) return wrong;
    for (const auto& [header, text] : from.headers) {
        if (isReserved(profile, header))
            return fmt::format("headers: {} is written by the profile; choose another name", header);
        std::optional<Template> value;
        if (auto wrong = parse("headers: " + header, text, value); !wrong.empty()) return wrong;
        route.headers.emplace_back(header, value.value_or(Template{}));
    }
    return {};
}

} // namespace

std::variant<WirePlan, WireMistake> WirePlan::read(const WireSettings& settings) {
    WirePlan plan;
    plan.profile_ = settings.profile;
    plan.prefix_ = settings.topicPrefix;
    auto source = Template::parse(settings.source);
    if (const auto* wrong = std::get_if<Template::Mistake>(&source))
        return WireMistake{"cloudevents_source", wrong->what};
    plan.source_ = std::move(std::get<Template>(source));
    if (settings.profile == Profile::cloudevents && settings.source.empty())
        return WireMistake{"cloudevents_source", "is empty; name this service, such as /shop"};

    for (std::size_t i = 0; i < settings.routes.size(); ++i) {
        Route route;
        if (auto wrong = fill(settings.routes[i], settings.profile, route); !wrong.empty())
            return WireMistake{"routes", fmt::format("route {}: {}", i + 1, wrong)};
        const bool hidden = std::any_of(plan.routes_.begin(), plan.routes_.end(), [&](const Route& earlier) {
            return (earlier.aggregateType.empty() || earlier.aggregateType == route.aggregateType) &&
                   (earlier.type.empty() || earlier.type == route.type);
        });
        if (hidden)
            return WireMistake{
                "routes",
                fmt::format("route {}: an earlier one takes all its events; put it before that", i + 1)};
        plan.routes_.push_back(std::move(route));
    }
    plan.routes_.emplace_back();
    return plan;
}

WirePlan::WirePlan(const WireSettings& settings) {
    auto plan = read(settings);
    if (const auto* wrong = std::get_if<WireMistake>(&plan))
        throw core::Error(core::ErrorKind::misconfigured,
                          fmt::format("kafka.{}: {}", wrong->setting, wrong->what),
                          "correct kafka." + wrong->setting);
    *this = std::move(std::get<WirePlan>(plan));
}

const Route& WirePlan::routeOf(const OutboxRecord& record) const {
    return *std::find_if(routes_.begin(), routes_.end(), [&](const Route& route) {
        return (route.type.empty() || route.type == record.type) &&
               (route.aggregateType.empty() || route.aggregateType == record.aggregateType);
    });
}

void WirePlan::topicOf(const OutboxRecord& record, const Route& route, std::string& topic) const {
    topic.clear();
    if (route.topic) return route.topic->render(record, topic);
    topic += prefix_;
    topic += record.aggregateType;
}

void WirePlan::keyOf(const OutboxRecord& record, const Route& route, std::string& key) const {
    key.clear();
    if (route.key) return route.key->render(record, key);
    key += record.orderKey;
}

std::string WirePlan::topicFor(const std::string& aggregateType, const std::string& type) const {
    OutboxRecord record;
    record.aggregateType = aggregateType;
    record.type = type;
    std::string topic;
    topicOf(record, routeOf(record), topic);
    return topic;
}

bool isTopicName(std::string_view name) {
    return !name.empty() && name.size() <= kLongestTopic && name != "." && name != ".." &&
           std::all_of(name.begin(), name.end(), isTopicLetter);
}

bool isReserved(Profile profile, std::string_view header) {
    static constexpr std::array<std::string_view, 3> router{"id", "eventType", "outbox_seq"};
    static constexpr std::array<std::string_view, 12> cloud{
        "content-type", "ce_specversion",  "ce_id",       "ce_source",      "ce_type",       "ce_time",
        "ce_subject",   "ce_partitionkey", "ce_sequence", "ce_traceparent", "ce_tracestate", "outbox_seq"};
    const auto among = [&](const auto& names) {
        return std::find(names.begin(), names.end(), header) != names.end();
    };
    return profile == Profile::debezium ? among(router) : among(cloud);
}

} // namespace outboxd::scheduler::kafka
