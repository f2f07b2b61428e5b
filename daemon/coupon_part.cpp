#include "daemon/coupon_part.hpp"

#include "daemon/figure_metrics.hpp"

#include <iterator>

namespace outboxd::daemon {
namespace {

using Figures = commerce::ClaimDesk::Figures;

std::unique_ptr<commerce::redis::ClaimFilter> redisFilterFor(const Settings& settings,
                                                             const core::Clock& clock, redis::Client* redis) {
    if (redis == nullptr) return nullptr;
    // Schemas that share a Redis must not take each other's coupons for their own.
    return std::make_unique<commerce::redis::ClaimFilter>(*redis, clock,
                                                          "outboxd:" + settings.database.name + ":");
}

constexpr auto kDecided = "outboxd_coupon_claims_decided_total";
constexpr auto kDecidedHelp = "Claims that this node's drain decided";

} // namespace

CouponPart::CouponPart(const Settings& settings, Stores& stores, const core::Clock& clock,
                       redis::Client* redis, metrics::Registry& registry)
    : redisFilter(redisFilterFor(settings, clock, redis)), reader(stores.requests), queue(stores.requests),
      desk(queue, redisFilter ? static_cast<commerce::ClaimFilter&>(*redisFilter) : noFilter), watch(queue),
      issued(registry.counter(kDecided, kDecidedHelp, {{"verdict", "issued"}})),
      soldOut(registry.counter(kDecided, kDecidedHelp, {{"verdict", "sold_out"}})),
      batchSize(registry.histogram("outboxd_coupon_drain_batch_size", "Claims decided in one transaction",
                                   {1, 10, 50, 100, 250, 500, 1000, 2500, 5000})) {
    const auto outcome = [&](const char* name, std::uint64_t Figures::*member) {
        std::ranges::move(
            FigureMetrics(registry, {{"outcome", name}}, [this] { return desk.figures(); })
                .counter("outboxd_coupon_claims_total", "Claims by what they were answered", member)
                .take(),
            std::back_inserter(callbacks_));
    };
    outcome("queued", &Figures::queued);
    outcome("repeated", &Figures::repeated);
    outcome("sold_out", &Figures::soldOut);
    outcome("refused", &Figures::refused);
    outcome("failed", &Figures::failed);
    std::ranges::move(FigureMetrics(registry, {}, [this] { return desk.figures(); })
                          .counter("outboxd_coupon_claim_batches_total",
                                   "Batches in which claims were written", &Figures::batches)
                          .counter("outboxd_coupon_claims_filtered_total",
                                   "Claims about which the filter in Redis knew something",
                                   &Figures::filtered)
                          .take(),
                      std::back_inserter(callbacks_));
    callbacks_.push_back(registry.callback(metrics::Registry::CallbackKind::gauge,
                                           "outboxd_coupon_claims_watched", "Requests waiting for a verdict",
                                           {}, [this] { return static_cast<double>(watch.waiting()); }));
    if (!redisFilter) return;
    callbacks_.push_back(registry.callback(metrics::Registry::CallbackKind::counter,
                                           "outboxd_coupon_filter_failures_total",
                                           "Calls of the filter in Redis that failed", {},
                                           [this] { return static_cast<double>(redisFilter->failures()); }));
}

} // namespace outboxd::daemon
