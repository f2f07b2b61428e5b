#include "daemon/online_check.hpp"

#include "daemon/durability_part.hpp"
#include "daemon/sink_settings.hpp"
#include "platform/database/migrator.hpp"
#include "scheduler/kafka/durability.hpp"
#include "scheduler/mysql/durability.hpp"
#include "sql/migrations.hpp"

#include <fmt/format.h>

namespace outboxd::daemon {

using namespace std::chrono_literals;

namespace {

constexpr auto kAnswerWithin = 5s; // of the brokers, for each question

// Where Kafka's client tells what it is doing: nobody asked.
class Silence final : public core::Logger {
public:
    bool enabled(core::LogLevel) const override { return false; }
    void write(core::LogLevel, std::string_view, std::initializer_list<core::LogField>) override {}
};

// Before the first migration there are no topics to ask for.
std::vector<std::string> topics(const Configuration& configuration, const core::Clock& clock,
                                std::ostream& out) {
    const auto& settings = configuration.settings();
    const auto pending = database::Migrator(connectionSettings(settings), sql::migrations).pending();
    if (!pending.empty()) {
        out << fmt::format("database: {} migrations are pending; outboxd migrate\n", pending.size());
        return {};
    }
    Stores stores(settings, clock);
    scheduler::mysql::MysqlTopicPins pins(stores.work);
    return topicsInUse(pins, wireSettings(settings.kafka));
}

} // namespace

ExitCode checkOnline(const Configuration& configuration, std::ostream& out) {
    const auto& settings = configuration.settings();
    const core::SystemClock clock;
    Silence silence;
    database::Session session(connectionSettings(settings));
    auto found = scheduler::mysql::databaseWeaknesses(session);
    out << "database: reached\n";
    if (settings.roles.contains(Role::relay) || settings.roles.contains(Role::consumers)) {
        const auto sink = sinkSettings(settings);
        const auto used = topics(configuration, clock, out);
        outboxd::kafka::Admin admin(sink.client, silence, clock);
        admin.layout(settings.kafka.topicPrefix + "order",
                     kAnswerWithin); // any name: whether somebody answers
        out << fmt::format("kafka: reached, {} topics are used\n", used.size());
        for (auto& weakness : scheduler::kafka::weaknessesOf(sink)) found.push_back(std::move(weakness));
        for (auto& weakness : scheduler::kafka::topicWeaknesses(admin, used, kAnswerWithin))
            found.push_back(std::move(weakness));
    }
    for (const auto& weakness : found)
        out << fmt::format("warning: {}: {}\n  weakens: {}\n  next step: {}\n", weakness.where, weakness.what,
                           weakness.consequence, weakness.advice);
    out << (found.empty() ? "nothing weakens a promise\n"
                          : fmt::format("{} of the servers' settings weaken a promise\n", found.size()));
    out.flush();
    if (!out) return ExitCode::no_output;
    return found.empty() ? ExitCode::ok : ExitCode::violations;
}

} // namespace outboxd::daemon
