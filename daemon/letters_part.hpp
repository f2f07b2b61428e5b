// Dead letters, put together: where the listeners' loops write them, their retries, the operators' desk, the figures.
#pragma once

#include "api/router.hpp"
#include "daemon/stores.hpp"
#include "platform/core/logger.hpp"
#include "platform/metrics/metrics.hpp"
#include "scheduler/mysql/dead_letter_desk.hpp"
#include "scheduler/mysql/dead_letter_retries.hpp"
#include "scheduler/mysql/dead_letters.hpp"

#include <map>
#include <memory>

namespace outboxd::daemon {

class LettersPart {
public:
    // All must outlive it.
    LettersPart(const Settings& settings, Stores& stores, const core::Clock& clock, core::Logger& logger,
                metrics::Registry& registry);

    scheduler::DeadLetterBox& box() { return box_; }
    void addRoutes(api::Router& router);
    // For the job; once. The listeners must outlive its last run.
    scheduler::DeadLetterRetry& retry(std::vector<scheduler::Listener*> listeners);
    // Counts what there is, for the metrics; run by a job.
    void measure();

private:
    metrics::Gauge& letters(const std::string& listener, const std::string& state);
    metrics::Gauge& oldest(const std::string& listener);

    const scheduler::RetryRules rules_;
    const core::Clock& clock_;
    core::Logger& logger_;
    metrics::Registry& registry_;
    scheduler::mysql::MysqlDeadLetterBox box_;
    scheduler::mysql::MysqlLettersToRetry letters_;
    scheduler::mysql::MysqlDeadLetterDesk desk_;  // of operators
    scheduler::mysql::MysqlDeadLetterDesk count_; // of the job
    std::unique_ptr<scheduler::DeadLetterRetry> retry_;
    // Used by the measuring job alone.
    std::map<std::pair<std::string, std::string>, metrics::Gauge> gauges_;
    std::map<std::string, metrics::Gauge> ages_;
    std::vector<metrics::Registry::Callback> callbacks_;
};

} // namespace outboxd::daemon
