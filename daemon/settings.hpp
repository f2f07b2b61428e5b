// Every setting of outboxd with its default. What each one means, its bounds and whether it can be changed
// without a restart stands once, in settings.cpp and settings/*.cpp; docs/settings.md and etc/outboxd.yaml are generated from
// there.
#pragma once

#include "daemon/settings/edges.hpp"
#include "daemon/settings/jobs.hpp"
#include "daemon/settings/kafka.hpp"
#include "daemon/settings/listeners.hpp"
#include "daemon/settings/shop.hpp"
#include "platform/config/schema.hpp"
#include "platform/core/logger.hpp"
#include "platform/log/line_logger.hpp"
#include "scheduler/relay_settings.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace outboxd::daemon {

enum class Role { api, relay, jobs, consumers };

struct Settings : EdgeSettings, ShopSettings {
    std::set<Role> roles{Role::api, Role::relay, Role::jobs, Role::consumers};
    bool migrateOnStart = false;

    struct Node {
        std::string name; // empty: the host's name, see nodeName()
    } node;

    struct Database {
        std::string host = "127.0.0.1";
        std::uint16_t port = 3306;
        std::string socket;
        std::string name = "outboxd";
        std::string user = "outboxd";
        config::SecretFile passwordFile;
        std::size_t poolSize = 16;
        std::size_t maxWaiting = 64;
        Duration acquireTimeout = 200ms;
        Duration connectTimeout = 5s;
        Duration statementTimeout = 10s;
        Duration startTimeout = 60s;
    } database;

    struct Redis {
        bool enabled = true;
        std::string host = "127.0.0.1";
        std::uint16_t port = 6379;
        Duration timeout = 250ms;
    } redis;

    KafkaSettings kafka;

    struct Relay {
        Duration pollInterval = 50ms;
        std::size_t batchSize = 2000;
        std::size_t maxInFlightRows = 20'000;
        config::ByteSize maxInFlightBytes = config::mebibytes(16);
        config::ByteSize maxEventBytes = config::mebibytes(2);
        Duration lease = 10s;
        Duration renewEvery = 3s;
        scheduler::relay::OnFailure onFailure = scheduler::relay::OnFailure::park;
        std::string singleLock;
        bool doorbell = true;
    } relay;

    struct Outbox {
        int retention = 30; // days
    } outbox;

    struct Consumers {
        std::string groupPrefix = "outboxd-";
        int retryAttempts = 10; // of a dead letter
        Duration retryFirst = 10s;
        Duration retryLongest = 1h;
        int retention = 30; // days
    } consumers;

    ListenerSettings listeners;

    JobsSettings jobs;

    struct Log {
        core::LogLevel level = core::LogLevel::info;
        log::FormChoice format = log::FormChoice::automatic;
    } log;

    struct Shutdown {
        Duration timeout = 20s;
    } shutdown;
};

// The one description. It refers to `settings`, which must not move and must live longer.
config::Schema describe(Settings& settings);

// Rules that join several settings; run after a reading without mistakes.
std::vector<config::Mistake> checkTogether(const Settings& settings, const config::Schema& schema);

// node.name, or the host's name when that is empty.
std::string nodeName(const Settings& settings);

} // namespace outboxd::daemon
