#include "platform/kafka/client.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace outboxd::kafka {

using namespace std::chrono_literals;

namespace {

constexpr auto kLogPause = 10s;

void onLog(const rd_kafka_t* client, int level, const char* facility, const char* text) {
    static_cast<ClientEvents*>(rd_kafka_opaque(client))->log(level, facility, text);
}

void onError(rd_kafka_t*, int code, const char* text, void* opaque) {
    static_cast<ClientEvents*>(opaque)->error(code, text);
}

core::LogLevel levelOf(int syslogLevel, std::string_view facility) {
    // "enable.gapless.guarantee is experimental" and the like, at every start: a decision, not news.
    if (facility == "CONFWARN") return core::LogLevel::debug;
    if (syslogLevel <= 2) return core::LogLevel::error;
    if (syslogLevel <= 4)
        return core::LogLevel::warning; // FAIL (3) is a lost connection: it reconnects by itself
    return syslogLevel <= 6 ? core::LogLevel::info : core::LogLevel::debug;
}

// Librdkafka quotes values in its complaints.
bool isSecret(std::string_view name) {
    for (const std::string_view word : {"password", "secret", ".pem", "oauthbearer.config"})
        if (name.find(word) != std::string_view::npos) return true;
    return false;
}

// What librdkafka has against the value, or nothing.
std::optional<std::string> trySet(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
    std::array<char, 512> text{};
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) == RD_KAFKA_CONF_OK)
        return std::nullopt;
    return std::string{text.data()};
}

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
    if (const auto wrong = trySet(conf, name, value))
        throw core::Error(core::ErrorKind::misconfigured,
                          fmt::format("the Kafka client refuses property {}: {}", name,
                                      isSecret(name) ? "its value is a secret, not shown here" : *wrong),
                          "correct kafka.properties, or kafka.brokers if that is what it names");
}

} // namespace

std::optional<WrongProperty> wrongProperty(const std::map<std::string, std::string>& properties) {
    const std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(rd_kafka_conf_new(),
                                                                                  rd_kafka_conf_destroy);
    for (const auto& [name, value] : properties)
        if (auto wrong = trySet(conf.get(), name, value))
            return WrongProperty{name, isSecret(name)
                                           ? fmt::format("librdkafka refuses the value of '{}'", name)
                                           : fmt::format("librdkafka refuses '{}': {}", name, *wrong)};
    return std::nullopt;
}

std::string describe(ErrorCode code) {
    const auto error = static_cast<rd_kafka_resp_err_t>(code);
    return fmt::format("{}: {}", rd_kafka_err2name(error), rd_kafka_err2str(error));
}

Trouble troubleOf(ErrorCode code) {
    switch (static_cast<rd_kafka_resp_err_t>(code)) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return Trouble::none;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: // larger than a segment of the topic
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG: // damaged; also how older brokers refuse a record without key
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION: return Trouble::record;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return Trouble::topic;
    default: return Trouble::other;
    }
}

void ClientEvents::log(int syslogLevel, std::string_view facility, std::string_view text) {
    const auto level = levelOf(syslogLevel, facility);
    if (!logger_.enabled(level)) return;
    int suppressed = 0;
    {
        const std::lock_guard lock(mutex_);
        const auto now = clock_.now();
        auto& recent = recent_[std::string(facility)];
        if (now < recent.until) {
            ++recent.suppressed;
            return;
        }
        recent.until = now + kLogPause;
        suppressed = std::exchange(recent.suppressed, 0);
    }
    logger_.write(level, "kafka_client",
                  {{"client", name_}, {"facility", facility}, {"text", text}, {"suppressed", suppressed}});
}

void ClientEvents::setReachable() {
    reachable_ = true;
    if (!refused_) return;
    const std::lock_guard lock(mutex_);
    refused_ = false;
    refusal_.clear();
}

std::string ClientEvents::refusal() const {
    const std::lock_guard lock(mutex_);
    return refusal_;
}

void ClientEvents::error(ErrorCode code, std::string_view text) {
    if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL) {
        const std::lock_guard lock(mutex_);
        refusal_ = text;
        refused_ = true;
    }
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) reachable_ = false;
    log(code == RD_KAFKA_RESP_ERR__FATAL ? 2 : 4, rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(code)),
        text);
}

void Configuration::Delete::operator()(rd_kafka_conf_s* conf) const { rd_kafka_conf_destroy(conf); }

Configuration::Configuration(const ClientSettings& settings, const std::map<std::string, std::string>& fixed)
    : conf_(rd_kafka_conf_new()) {
    const std::map<std::string, std::string> defaults{
        {"reconnect.backoff.ms", "100"},
        {"reconnect.backoff.max.ms", "2000"},
        {"socket.keepalive.enable", "true"},
        {"socket.nagle.disable", "true"},
        {"socket.timeout.ms", "30000"},
        {"socket.connection.setup.timeout.ms", "5000"},
        {"topic.metadata.refresh.fast.interval.ms", "100"},
        {"log.connection.close", "false"}, // idle connections are closed by brokers all the time
    };
    for (const auto& [name, value] : defaults) set(conf_.get(), name, value);
    for (const auto& [name, value] : settings.properties) {
        if (fixed.contains(name) || name == "bootstrap.servers" || name == "client.id")
            throw core::Error(
                core::ErrorKind::misconfigured, fmt::format("Kafka property {} cannot be set", name),
                fmt::format("remove {} from kafka.properties: outboxd's promises depend on it", name));
        set(conf_.get(), name, value);
    }
    set(conf_.get(), "bootstrap.servers", settings.brokers);
    set(conf_.get(), "client.id", settings.clientId);
    for (const auto& [name, value] : fixed) set(conf_.get(), name, value);
}

void DestroyClient::operator()(rd_kafka_s* client) const {
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

ClientHandle makeClient(ClientType type, Configuration configuration, ClientEvents& events) {
    rd_kafka_conf_set_opaque(configuration.get(), &events);
    rd_kafka_conf_set_log_cb(configuration.get(), onLog);
    rd_kafka_conf_set_error_cb(configuration.get(), onError);
    std::array<char, 512> text{};
    const auto kind = type == ClientType::producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
    ClientHandle client(rd_kafka_new(kind, configuration.get(), text.data(), text.size()));
    if (!client)
        throw core::Error(core::ErrorKind::misconfigured, fmt::format("no Kafka client: {}", text.data()),
                          "correct the settings under kafka");
    configuration.release(); // the client owns it now
    return client;
}

int milliseconds(std::chrono::milliseconds wait) {
    return static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, std::numeric_limits<int>::max()));
}

} // namespace outboxd::kafka
