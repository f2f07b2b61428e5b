#include "daemon/consumers_part.hpp"

#include "daemon/figure_metrics.hpp"
#include "daemon/relay_part.hpp"

#include <algorithm>
#include <iterator>

namespace outboxd::daemon {

ConsumersPart::Running::Running(ConsumersPart& part, ListenerEntry made, core::ProgressMonitor& monitor)
    : entry(std::move(made)),
      feeds(part.kafka_.client,
            part.parts_.settings.consumers.groupPrefix + std::string{entry.listener->name()}, entry.topics,
            part.topics_, part.parts_.logger, part.parts_.clock),
      service(*entry.listener, feeds, part.progress_, part.parts_.clock, part.parts_.logger, monitor, {}) {}

ConsumersPart::ConsumersPart(ListenerParts parts, core::ProgressMonitor& monitor)
    : parts_(std::move(parts)), kafka_(sinkSettings(parts_.settings)), pins_(parts_.stores.work),
      topics_(kafka_, pins_, parts_.logger, parts_.clock), progress_(parts_.stores.work) {
    for (auto& entry : listeners(parts_)) {
        running_.push_back(std::make_unique<Running>(*this, std::move(entry), monitor));
        count(*running_.back());
    }
}

std::vector<core::Service*> ConsumersPart::services() const {
    std::vector<core::Service*> all;
    for (const auto& running : running_) all.push_back(&running->service);
    return all;
}

void ConsumersPart::reload(const Settings& settings) {
    for (const auto& running : running_)
        if (running->entry.reload) running->entry.reload(settings);
}

api::CheckResult ConsumersPart::check() const {
    std::string troubles;
    for (const auto& running : running_) {
        const auto trouble = running->entry.trouble ? running->entry.trouble() : std::string{};
        if (!trouble.empty()) troubles += (troubles.empty() ? "" : "; ") + trouble;
    }
    if (troubles.empty()) return {};
    return {api::Health::degraded, troubles};
}

void ConsumersPart::count(const Running& running) {
    using Figures = scheduler::ConsumerService::Figures;
    std::ranges::move(
        FigureMetrics(parts_.registry, {{"listener", std::string{running.entry.listener->name()}}},
                      [&service = running.service] { return service.figures(); })
            .counter("outboxd_consumer_done_total", "Records whose effect is durable", &Figures::done)
            .counter("outboxd_consumer_ignored_total", "Records of no concern to the listener",
                     &Figures::ignored)
            .counter("outboxd_consumer_refused_total", "Records that could not be read and were skipped",
                     &Figures::refused)
            .counter("outboxd_consumer_troubles_total", "Tries that failed and were made again",
                     &Figures::troubles)
            .gauge("outboxd_consumer_partitions", "Partitions that this node reads", &Figures::partitions)
            .gauge("outboxd_consumer_lag", "Records of these partitions that wait", &Figures::lag)
            .gauge("outboxd_consumer_last_processed_timestamp_seconds", "When a record was worked off last",
                   &Figures::lastProcessed)
            .gauge("outboxd_consumer_complete_up_to_timestamp_seconds",
                   "Up to when all committed events of these partitions have had their effect",
                   &Figures::completeUpTo)
            .take(),
        std::back_inserter(callbacks_));
}

} // namespace outboxd::daemon
