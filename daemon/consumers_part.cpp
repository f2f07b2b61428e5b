#include "daemon/consumers_part.hpp"

#include "daemon/best_sellers_part.hpp"
#include "daemon/figure_metrics.hpp"
#include "daemon/relay_part.hpp"

#include <iterator>

namespace outboxd::daemon {

ConsumersPart::ConsumersPart(const Settings& settings, Stores& stores, const core::Clock& clock,
                             core::Logger& logger, core::ProgressMonitor& monitor,
                             metrics::Registry& registry)
    : kafka_(sinkSettings(settings)), pins_(stores.work), topics_(kafka_, pins_, logger, clock),
      progress_(stores.work), ledger_(stores.work), rankingListener_(ledger_),
      rankingFeeds_(kafka_.client, settings.consumers.groupPrefix + std::string{rankingListener_.name()},
                    rankedTopics(settings), topics_, logger, clock),
      ranking(rankingListener_, rankingFeeds_, progress_, clock, logger, monitor, {}) {
    using Figures = scheduler::ConsumerService::Figures;
    callbacks_ =
        FigureMetrics(registry, {{"listener", std::string{rankingListener_.name()}}},
                      [this] { return ranking.figures(); })
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
            .take();
}

} // namespace outboxd::daemon
