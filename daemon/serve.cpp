#include "daemon/serve.hpp"

#include "daemon/node.hpp"
#include "daemon/notify.hpp"
#include "daemon/signals.hpp"
#include "daemon/watchdog.hpp"
#include "platform/database/migrator.hpp"
#include "sql/migrations.hpp"

#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <unistd.h>

namespace outboxd::daemon {

using namespace std::chrono_literals;

namespace {

std::string variable(const config::Environment& environment, const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string{} : found->second;
}

log::LineLogger makeLogger(const Settings& settings, const config::Environment& environment,
                           const core::Clock& clock) {
    const log::Surroundings surroundings{variable(environment, "JOURNAL_STREAM"),
                                         variable(environment, "TERM"),
                                         !variable(environment, "NO_COLOR").empty()};
    return {log::chooseTarget(STDERR_FILENO, settings.log.format, surroundings), nodeName(settings),
            settings.log.level, clock};
}

// Tries to connect until it works, the time is over or a signal comes. A wrong setting is not waited for. False
// if the daemon was told to stop meanwhile.
bool awaitDatabase(const Settings& settings, const core::Clock& clock, Signals& signals, Notifier& notifier,
                   core::Logger& logger) {
    const auto giveUp = clock.now() + settings.database.startTimeout;
    for (bool said = false;; said = true) {
        try {
            const database::Session probe(connectionSettings(settings));
            if (said) logger.info("database_reached");
            return true;
        } catch (const core::Error& error) {
            if (!core::isTransient(error.kind())) throw;
            if (clock.now() >= giveUp) {
                throw core::Error(error.kind(), error.what(),
                                  error.hint() + (error.hint().empty() ? "" : "; ") +
                                      "it was tried for database.start_timeout");
            }
            if (!said)
                logger.warning("database_unreachable", {{"error", error.what()}, {"hint", error.hint()}});
            notifier.extendTimeout(30s);
            notifier.status("waiting for the database");
        }
        if (signals.wait(500ms) == Signal::stop) return false;
    }
}

void checkSchema(const Settings& settings, core::Logger& logger) {
    database::Migrator migrator(connectionSettings(settings), sql::migrations);
    if (settings.migrateOnStart) {
        for (const auto& name : migrator.apply()) logger.info("migration_applied", {{"name", name}});
    }
    const auto pending = migrator.pending();
    if (pending.empty()) return;
    std::string names;
    for (const auto& name : pending) names += (names.empty() ? "" : ", ") + name;
    throw core::Error(core::ErrorKind::misconfigured, "the database lacks the migrations " + names,
                      "run `outboxd migrate --config FILE`, or set migrate_on_start");
}

// Ends the process if draining takes longer than shutdown.timeout: everything here survives a kill.
class DrainLimit {
public:
    DrainLimit(std::chrono::milliseconds limit, core::Logger& logger)
        : thread_([this, limit, &logger](const std::stop_token& done) {
              std::unique_lock lock(mutex_);
              ended_.wait_for(lock, done, limit, [] { return false; });
              if (done.stop_requested()) return;
              logger.error("shutdown_timeout",
                           {{"consequence", "ended without finishing; the next start recovers"}});
              std::_Exit(static_cast<int>(ExitCode::try_again));
          }) {}

private:
    std::mutex mutex_;
    std::condition_variable_any ended_;
    std::jthread thread_;
};

void reload(Configuration& configuration, Notifier& notifier, log::LineLogger& logger, Node& node,
            const std::string& summary) {
    notifier.reloading();
    logReload(configuration.reload(), logger);
    logger.setLevel(configuration.settings().log.level);
    node.reload();
    notifier.ready(summary);
}

} // namespace

ExitCode serve(Configuration& configuration, const config::Environment& environment,
               const std::string& version) {
    Signals signals; // before any thread: they inherit its mask
    const core::SystemClock clock;
    const auto& settings = configuration.settings();
    auto logger = makeLogger(settings, environment, clock);
    Notifier notifier(variable(environment, "NOTIFY_SOCKET"), logger);
    logger.info("starting", {{"version", version}, {"config", configuration.file().string()}});

    if (!awaitDatabase(settings, clock, signals, notifier, logger)) return ExitCode::ok;
    checkSchema(settings, logger);
    Node node(settings, version, clock, logger);
    node.start();
    const auto summary = node.summary();
    logger.info("ready", {{"summary", summary}});
    notifier.ready(summary);

    Watchdog watchdog(notifier, node.progress(), logger, watchdogLimit(environment));
    for (;;) {
        const auto signal = signals.wait(watchdog.pause());
        watchdog.tick();
        if (signal == Signal::reload) reload(configuration, notifier, logger, node, summary);
        if (signal == Signal::stop) break;
    }

    notifier.stopping("draining");
    logger.info("draining", {{"limit_ms", settings.shutdown.timeout.count()}});
    signals.letNextStopKill();
    const DrainLimit limit(settings.shutdown.timeout, logger);
    node.stop();
    logger.info("stopped");
    return ExitCode::ok;
}

ExitCode migrate(const Configuration& configuration) {
    database::Migrator migrator(connectionSettings(configuration.settings()), sql::migrations);
    const auto applied = migrator.apply();
    for (const auto& name : applied) std::cout << "applied " << name << '\n';
    if (applied.empty()) std::cout << "the database is up to date\n";
    return ExitCode::ok;
}

} // namespace outboxd::daemon
