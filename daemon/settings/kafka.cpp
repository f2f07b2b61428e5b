#include "daemon/settings/kafka.hpp"

#include "platform/config/records.hpp"
#include "platform/kafka/client.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace outboxd::daemon {
namespace {

using config::addresses;
using config::choice;
using config::entries;
using config::flag;
using config::integer;
using config::secretFile;
using config::secretFiles;
using config::text;
using enum config::Reload;
using scheduler::kafka::Profile;
using scheduler::kafka::RouteSettings;

const config::Choices<Profile> kProfiles{{"debezium", Profile::debezium},
                                         {"cloudevents", Profile::cloudevents}};
const config::Choices<std::string> kCompression{
    {"none", "none"}, {"gzip", "gzip"}, {"snappy", "snappy"}, {"lz4", "lz4"}, {"zstd", "zstd"}};

// Librdkafka's properties that are a secret themselves.
constexpr std::array<std::string_view, 8> kSecrets{"sasl.password",
                                                   "sasl.oauthbearer.config",
                                                   "sasl.oauthbearer.client.secret",
                                                   "ssl.key.password",
                                                   "ssl.keystore.password",
                                                   "ssl.key.pem",
                                                   "ssl.certificate.pem",
                                                   "ssl.ca.pem"};

// Client properties that would break a promise or have a setting here.
config::Problem ours(std::string_view key) {
    static constexpr std::array<std::string_view, 18> names{"bootstrap.servers",
                                                            "metadata.broker.list",
                                                            "client.id",
                                                            "group.id",
                                                            "acks",
                                                            "request.required.acks",
                                                            "enable.idempotence",
                                                            "partitioner",
                                                            "max.in.flight",
                                                            "enable.gapless.guarantee",
                                                            "retries",
                                                            "message.timeout.ms",
                                                            "transactional.id",
                                                            "message.send.max.retries",
                                                            "compression.codec",
                                                            "compression.type",
                                                            "delivery.timeout.ms",
                                                            "max.in.flight.requests.per.connection"};
    if (std::find(names.begin(), names.end(), key) != names.end())
        return "the order and safety of events depend on it";
    return std::nullopt;
}

config::Problem refusedProperty(std::string_view key) {
    if (auto problem = ours(key)) return problem;
    if (std::find(kSecrets.begin(), kSecrets.end(), key) != kSecrets.end() ||
        key.find("password") != std::string_view::npos || key.find("secret") != std::string_view::npos)
        return fmt::format(
            "secrets do not belong in this file; name a file that holds it: kafka.secrets: {{{}: FILE}}",
            key);
    return std::nullopt;
}

config::Problem refusedSecret(std::string_view key) {
    if (std::find(kSecrets.begin(), kSecrets.end(), key) != kSecrets.end()) return std::nullopt;
    return fmt::format("it is no secret; there are {}", fmt::join(kSecrets, ", "));
}

config::Problem anyKey(std::string_view) { return std::nullopt; }

config::Kind routes(std::vector<RouteSettings>& field) {
    const auto get = [&field] {
        std::vector<config::Record> all;
        for (const auto& route : field) {
            auto& record = all.emplace_back();
            const auto add = [&](const char* name, const std::string& value) {
                if (!value.empty()) record.values.emplace(name, value);
            };
            add("aggregate_type", route.aggregateType);
            add("type", route.type);
            add("topic", route.topic);
            add("key", route.key);
            if (!route.headers.empty()) record.entries.emplace("headers", route.headers);
        }
        return all;
    };
    const auto set = [&field](const std::vector<config::Record>& records) -> config::Problem {
        std::vector<RouteSettings> all;
        for (const auto& record : records) {
            const auto of = [&](const char* name) {
                const auto found = record.values.find(name);
                return found == record.values.end() ? std::string{} : found->second;
            };
            auto& route =
                all.emplace_back(RouteSettings{of("aggregate_type"), of("type"), of("topic"), of("key")});
            if (const auto headers = record.entries.find("headers"); headers != record.entries.end())
                route.headers = headers->second;
        }
        field = std::move(all);
        return std::nullopt;
    };
    return config::records({{"aggregate_type"}, {"type"}, {"topic"}, {"key"}, {"headers", true}}, get, set);
}

} // namespace

void describeKafka(config::Schema& schema, KafkaSettings& kafka) {
    schema.section("kafka", "Kafka, where committed events go.");
    schema.add("brokers", addresses(kafka.brokers), restart,
               "Brokers to find the cluster through; one that answers is enough.");
    schema.add("profile", choice(kafka.profile, kProfiles), restart,
               "What a record looks like: debezium writes the headers of Debezium's outbox event router, "
               "cloudevents those of CloudEvents in binary mode (docs/events.md).");
    schema.add("topic_prefix", config::name(kafka.topicPrefix, 0, 150), restart,
               "An event's topic is this and its aggregate type; a change sends new events to other topics.");
    schema.add(
        "routes", routes(kafka.routes), restart,
        "Other topics, keys or further headers for some events: the first route whose `aggregate_type` and "
        "`type` fit decides; `topic`, `key` and `headers` may hold {aggregateType}, {aggregateId}, "
        "{orderKey}, {type}, {eventId}; the partition follows from the order key whatever the key is.");
    schema.add(
        "cloudevents_source", text(kafka.cloudeventsSource, 0, 300), restart,
        "Who the events are from (`ce_source`, a URI reference); may hold the placeholders of a route.");
    schema.add(
        "create_topics", flag(kafka.createTopics), restart,
        "Whether topics that do not exist are created; off, their events wait until somebody creates them.");
    schema.add(
        "replication_factor", integer(kafka.replicationFactor, 1, 32, "copies"), restart,
        "Copies of topics that outboxd creates; 1 loses events with a broker's disk, 3 is for production.");
    schema.add("partitions", integer(kafka.partitions, 1, 1024, "partitions"), restart,
               "Partitions of topics that outboxd creates; existing topics keep theirs.");
    schema.add("topic_configs", entries(kafka.topicConfigs, anyKey), restart,
               "Settings of topics that outboxd creates, by Kafka's names, such as `min.insync.replicas`.");
    schema.add("compression", choice(kafka.compression, kCompression), restart,
               "Compression of what is sent.");
    schema.add(
        "password_file", secretFile(kafka.passwordFile), restart,
        "File with the password for SASL (`sasl.password`); the user and mechanism go into `kafka.properties`.");
    schema.refuse("password",
                  "write it to a file that only outboxd may read and name that in kafka.password_file");
    schema.add("secrets", secretFiles(kafka.secrets, refusedSecret), restart,
               "Files with further secrets, by librdkafka's names, such as `ssl.key.password`.");
    schema.add(
        "properties", entries(kafka.properties, refusedProperty), restart,
        "Further settings of librdkafka by its names, such as `security.protocol`; those that order depends "
        "on are refused.");
    schema.refuse("client", "it is called kafka.properties");
}

std::vector<config::Mistake> checkKafka(const KafkaSettings& kafka, const config::Schema& schema) {
    std::vector<config::Mistake> mistakes;
    const auto plan = scheduler::kafka::WirePlan::read(wireSettings(kafka));
    if (const auto* wrong = std::get_if<scheduler::kafka::WireMistake>(&plan))
        mistakes.push_back(schema.mistake("kafka." + wrong->setting, wrong->what));
    if (!kafka.passwordFile.value.empty() && kafka.secrets.contains("sasl.password"))
        mistakes.push_back(
            schema.mistake("kafka.secrets", "sasl.password is given by kafka.password_file already"));
    if (auto wrong = outboxd::kafka::wrongProperty(clientProperties(kafka)))
        mistakes.push_back(schema.mistake(
            kafka.secrets.contains(wrong->name) ? "kafka.secrets" : "kafka.properties", wrong->what));
    return mistakes;
}

scheduler::kafka::WireSettings wireSettings(const KafkaSettings& kafka) {
    return {kafka.profile, kafka.topicPrefix, kafka.cloudeventsSource, kafka.routes};
}

std::map<std::string, std::string> clientProperties(const KafkaSettings& kafka) {
    auto properties = kafka.properties;
    for (const auto& [name, file] : kafka.secrets) properties[name] = file.value.reveal();
    if (!kafka.passwordFile.value.empty()) properties["sasl.password"] = kafka.passwordFile.value.reveal();
    return properties;
}

} // namespace outboxd::daemon
