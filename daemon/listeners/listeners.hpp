// What listens to the shop's events. To add a listener: a class in a file beside this one, and one line in listeners(),
// daemon/listeners/listeners.cpp. docs/events.md walks through it.
#pragma once

#include "daemon/settings.hpp"
#include "daemon/stores.hpp"
#include "platform/core/logger.hpp"
#include "platform/metrics/metrics.hpp"
#include "scheduler/consumer.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace outboxd::daemon {

// What listeners are made of. Outlives them.
struct ListenerParts {
    const Settings& settings;
    Stores& stores;
    const core::Clock& clock;
    core::Logger& logger;
    metrics::Registry& registry;
    std::function<void()> ring; // wakes the relay of this node after a commit with events
};

struct ListenerEntry {
    std::unique_ptr<scheduler::Listener> listener;
    std::vector<std::string> topics;
    // What it does when settings were read again; empty: nothing. Called by the main thread.
    std::function<void(const Settings&)> reload = {};
    // In one sentence why it cannot work now; an empty answer, or none to ask: it can. Called by any thread.
    std::function<std::string()> trouble = {};
};

// Where the settings send these types of aggregate `order`, each topic once.
std::vector<std::string> orderTopics(const Settings& settings,
                                     const std::set<std::string, std::less<>>& types);

// All of this node, as its settings say.
std::vector<ListenerEntry> listeners(const ListenerParts& parts);

} // namespace outboxd::daemon
