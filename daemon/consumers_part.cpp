#include "daemon/consumers_part.hpp"

#include "daemon/figure_metrics.hpp"
#include "daemon/sink_settings.hpp"

#include <algorithm>
#include <iterator>

namespace outboxd::daemon {

ConsumersPart::Running::Running(ConsumersPart& part, ListenerEntry made, scheduler::DeadLetterBox& box,
                                core::ProgressMonitor& monitor)
    : entry(std::move(made)),
      feeds(part.kafka_.client,
            part.parts_.settings.consumers.groupPrefix + std::string{entry.listener->name()}, entry.topics,
            part.topics_, part.parts_.logger, part.parts_.clock),
      service(
          {
              .listener = *entry.listener,
              .feeds = feeds,
              .progress = part.progress_,
              .box = box,
              .clock = part.parts_.clock,
              .logger = part.parts_.logger,
              .monitor = monitor,
              .handled = [histogram = part.parts_.registry.histogram(
                              "outboxd_consumer_call_seconds",
                              "How long a call of the listener takes, for up to a batch of records",
                              metrics::durationBuckets(),
                              labels())](double seconds) mutable { histogram.observe(seconds); },
          },
          {}) {}

metrics::Labels ConsumersPart::Running::labels() const {
    return {{"listener", std::string{entry.listener->name()}}};
}

ConsumersPart::ConsumersPart(ListenerParts parts, std::vector<ListenerEntry> entries,
                             scheduler::DeadLetterBox& box, core::ProgressMonitor& monitor)
    : parts_(std::move(parts)), kafka_(sinkSettings(parts_.settings)), pins_(parts_.stores.work),
      topics_(kafka_, pins_, parts_.logger, parts_.clock), progress_(parts_.stores.work) {
    for (auto& entry : entries) {
        running_.push_back(std::make_unique<Running>(*this, std::move(entry), box, monitor));
        count(*running_.back());
    }
}

std::vector<scheduler::Listener*> ConsumersPart::listeners() const {
    std::vector<scheduler::Listener*> all;
    for (const auto& running : running_) all.push_back(running->entry.listener.get());
    return all;
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
        FigureMetrics(parts_.registry, running.labels(),
                      [&service = running.service] { return service.figures(); })
            .counter("outboxd_consumer_done_total", "Records whose effect is durable", &Figures::done)
            .counter("outboxd_consumer_ignored_total", "Records of no concern to the listener",
                     &Figures::ignored)
            .counter("outboxd_consumer_repeated_total",
                     "Repetitions that followed so closely that they were dropped unseen", &Figures::repeated)
            .counter("outboxd_consumer_refused_total", "Records that can never be worked off as they are",
                     &Figures::refused)
            .counter("outboxd_consumer_failed_total", "Tries of single records that failed", &Figures::failed)
            .counter("outboxd_consumer_deferred_total",
                     "Times that a record was put off, since whoever has its effect is away",
                     &Figures::deferred)
            .counter("outboxd_consumer_parked_total", "Records parked behind a dead letter of their key",
                     &Figures::parked)
            .counter("outboxd_consumer_dead_letters_total", "Dead letters written", &Figures::letters)
            .counter("outboxd_consumer_troubles_total", "Tries that failed and were made again",
                     &Figures::troubles)
            .counter("outboxd_consumer_rebalances_total", "Times that partitions came or went",
                     &Figures::rebalances)
            .gauge("outboxd_consumer_partitions", "Partitions that this node reads", &Figures::partitions)
            .gauge("outboxd_consumer_in_hand", "Records that were read and are not finished",
                   &Figures::inHand)
            .gauge("outboxd_consumer_paused", "1: so much is in hand that nothing is read", &Figures::paused)
            .gauge("outboxd_consumer_call_age_seconds",
                   "How long the call of the listener has lasted; 0: none", &Figures::handling)
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
