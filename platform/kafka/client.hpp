// What producer, consumer and admin share: settings, the RAII of librdkafka's handles, its log and its
// errors. Only sources of platform/kafka see librdkafka's header; other modules see the classes beside this
// file.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/core/error.hpp"
#include "platform/core/logger.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

struct rd_kafka_s;
struct rd_kafka_conf_s;

namespace outboxd::kafka {

struct ClientSettings {
    std::string brokers; // "host:port,host:port"
    std::string clientId = "outboxd";
    // Further properties of librdkafka by name (security.protocol, sasl.*, ssl.*, ...). Those that the
    // promises of the class rest on cannot be given: Error(misconfigured).
    std::map<std::string, std::string> properties;
};

// A property that librdkafka does not know or would not have; empty if all are fine. Secrets are not quoted. What a property
// refers to, such as a file, is not looked at.
struct WrongProperty {
    std::string name;
    std::string what; // one sentence
};
std::optional<WrongProperty> wrongProperty(const std::map<std::string, std::string>& properties);

// Error codes are librdkafka's (rd_kafka_resp_err_t): negative ones are local, positive ones the broker's.
using ErrorCode = int;

// "NAME: text", for people.
std::string describe(ErrorCode code);

enum class Trouble {
    none,
    record, // the broker turns down this very batch by a rule, however often it is sent
    topic,  // topic or partition is not there (any more)
    other,  // transport, cluster, rights, purge: says nothing about the record
};
Trouble troubleOf(ErrorCode code);

// The callbacks' side of a client. Librdkafka calls it from threads of its own.
class ClientEvents {
public:
    ClientEvents(core::Logger& logger, const core::Clock& clock, std::string name)
        : logger_(logger), clock_(clock), name_(std::move(name)) {}

    // One line per facility and ten seconds; what was left out is counted in the next one.
    void log(int syslogLevel, std::string_view facility, std::string_view text);
    void error(ErrorCode code, std::string_view text);

    // False from the moment when no broker can be reached until something worked again.
    bool reachable() const { return reachable_; }
    void setReachable();

    // What brokers, or the certificates, had against this client when it last tried to connect; empty since something
    // worked. Connecting is tried again all the time, so only people can help.
    std::string refusal() const;

private:
    struct Recent {
        core::Instant until;
        int suppressed = 0;
    };
    core::Logger& logger_;
    const core::Clock& clock_;
    const std::string name_;
    std::atomic<bool> reachable_{true};
    std::atomic<bool> refused_{false};
    mutable std::mutex mutex_;
    std::map<std::string, Recent, std::less<>> recent_; // guarded by mutex_
    std::string refusal_;                               // guarded by mutex_
};

// Collects properties and checks each; the library takes them over with release().
class Configuration {
public:
    // `fixed`: properties that outboxd decides; `settings.properties` may add others but not change these.
    // Throws Error(misconfigured) naming the property.
    Configuration(const ClientSettings& settings, const std::map<std::string, std::string>& fixed);
    rd_kafka_conf_s* get() const { return conf_.get(); }
    rd_kafka_conf_s* release() { return conf_.release(); }

private:
    struct Delete {
        void operator()(rd_kafka_conf_s* conf) const;
    };
    std::unique_ptr<rd_kafka_conf_s, Delete> conf_;
};

// Destroying a client never waits for a broker: consumers are not closed here (see Consumer::close).
struct DestroyClient {
    void operator()(rd_kafka_s* client) const;
};
using ClientHandle = std::unique_ptr<rd_kafka_s, DestroyClient>;

enum class ClientType { producer, consumer };

// Connects in the background. `events` must outlive the handle. Throws Error(misconfigured).
ClientHandle makeClient(ClientType type, Configuration configuration, ClientEvents& events);

// How long this call may still take, in librdkafka's milliseconds; never negative.
int milliseconds(std::chrono::milliseconds wait);

} // namespace outboxd::kafka
