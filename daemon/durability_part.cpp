#include "daemon/durability_part.hpp"

#include "scheduler/kafka/durability.hpp"
#include "scheduler/mysql/durability.hpp"

#include <algorithm>
#include <set>

namespace outboxd::daemon {

using namespace std::chrono_literals;

namespace {

constexpr auto kAnswerWithin = 5s; // of the brokers, for each question

metrics::Gauge gauge(metrics::Registry& registry, const char* server) {
    return registry.gauge("outboxd_durability_weaknesses",
                          "Settings of a server that weaken a promise; the log and /readyz?verbose name them",
                          {{"server", server}});
}

} // namespace

DurabilityPart::DurabilityPart(const std::optional<scheduler::kafka::SinkSettings>& kafka, Stores& stores,
                               const core::Clock& clock, core::Logger& logger, metrics::Registry& registry)
    : kafka_(kafka), stores_(stores), clock_(clock), logger_(logger),
      databaseGauge_(gauge(registry, "database")), kafkaGauge_(gauge(registry, "kafka")) {}

scheduler::Job DurabilityPart::job() {
    return {.history = scheduler::Job::History::transitions,
            .work = [this](const scheduler::JobContext&) { look(); }};
}

void DurabilityPart::look() {
    lookAtDatabase();
    if (kafka_) lookAtKafka();
}

void DurabilityPart::lookAtDatabase() {
    auto found = scheduler::mysql::databaseWeaknesses(*stores_.work.session());
    tell(ofDatabase_, std::move(found), databaseGauge_);
}

void DurabilityPart::lookAtKafka() {
    scheduler::mysql::MysqlTopicPins pins(stores_.work);
    auto found = scheduler::kafka::weaknessesOf(*kafka_);
    const auto topics = topicsInUse(pins, kafka_->wire);
    outboxd::kafka::Admin admin(kafka_->client, logger_, clock_); // for the moment: it holds a connection
    for (auto& weakness : scheduler::kafka::topicWeaknesses(admin, topics, kAnswerWithin))
        found.push_back(std::move(weakness));
    tell(ofKafka_, std::move(found), kafkaGauge_);
}

// Each one once in the log, until it is gone.
void DurabilityPart::tell(std::vector<scheduler::Weakness>& known, std::vector<scheduler::Weakness> found,
                          metrics::Gauge& gauge) {
    const std::lock_guard lock(mutex_);
    for (const auto& weakness : found) {
        if (std::find(known.begin(), known.end(), weakness) != known.end()) continue;
        logger_.warning("durability_weakened", {{"where", weakness.where},
                                                {"what", weakness.what},
                                                {"consequence", weakness.consequence},
                                                {"next_step", weakness.advice}});
    }
    gauge.set(static_cast<double>(found.size()));
    known = std::move(found);
}

std::string DurabilityPart::text() const {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto* found : {&ofDatabase_, &ofKafka_})
        for (const auto& weakness : *found)
            text += (text.empty() ? "" : "; ") + weakness.where + ": " + weakness.what;
    return text;
}

std::vector<std::string> topicsInUse(scheduler::TopicPins& pins, const scheduler::kafka::WireSettings& wire) {
    std::set<std::string> topics;
    for (const auto& [topic, partitions] : pins.read().pins) topics.insert(topic);
    for (const auto& route : wire.routes)
        if (scheduler::kafka::isTopicName(route.topic)) topics.insert(route.topic);
    return {topics.begin(), topics.end()};
}

} // namespace outboxd::daemon
