// Which topic an event goes to, under which key and with which headers. Read and checked once; immutable afterwards.
//
// The first route whose conditions hold decides; without one the topic is the prefix and the aggregate type, and the key
// is the order key. Whatever the key, the partition follows from the order key: two events of one order key that go to one
// topic stay in order there, whatever a route writes into the key. (Events of one order key in two topics have no order
// between the topics: that is what topics are.)
#pragma once

#include "scheduler/kafka/template.hpp"

#include <map>

namespace outboxd::scheduler::kafka {

enum class Profile {
    debezium,    // as Debezium's outbox event router writes it
    cloudevents, // binary mode of the CloudEvents Kafka protocol binding 1.0
};

struct RouteSettings {
    // Conditions; empty: any.
    std::string aggregateType = {};
    std::string type = {};
    // Templates; empty: as without a route.
    std::string topic = {};
    std::string key = {};
    std::map<std::string, std::string> headers = {}; // added, where the event has no header of that name
};

struct WireSettings {
    Profile profile = Profile::debezium;
    std::string topicPrefix = "outbox.event.";
    std::string source = "/outboxd"; // of CloudEvents; a template
    std::vector<RouteSettings> routes = {};
};

struct WireMistake {
    std::string setting; // below `kafka`
    std::string what;    // one sentence, with what to write instead
};

struct Route {
    std::string aggregateType, type; // empty: any
    std::optional<Template> topic, key;
    std::vector<std::pair<std::string, Template>> headers;
};

class WirePlan {
public:
    static std::variant<WirePlan, WireMistake> read(const WireSettings& settings);
    // Throws Error(misconfigured) instead.
    explicit WirePlan(const WireSettings& settings);

    const Route& routeOf(const OutboxRecord& record) const;

    // Replaces `topic` and `key`, which keep their memory from one event to the next.
    void topicOf(const OutboxRecord& record, const Route& route, std::string& topic) const;
    void keyOf(const OutboxRecord& record, const Route& route, std::string& key) const;

    // Where events of this kind go.
    std::string topicFor(const std::string& aggregateType, const std::string& type) const;

    Profile profile() const { return profile_; }
    const Template& source() const { return source_; }

private:
    WirePlan() = default;

    Profile profile_ = Profile::debezium;
    std::string prefix_;
    Template source_;
    std::vector<Route> routes_; // the last one has no conditions and no templates
};

// At most 249 letters, digits, '.', '_' and '-', and neither "." nor "..".
bool isTopicName(std::string_view name);

// Whether the profile itself writes a header of this name.
bool isReserved(Profile profile, std::string_view header);

} // namespace outboxd::scheduler::kafka
