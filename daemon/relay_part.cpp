#include "daemon/relay_part.hpp"

#include "daemon/figure_metrics.hpp"
#include "daemon/sink_settings.hpp"
#include "platform/core/circuit_breaker.hpp"

#include <algorithm>
#include <iterator>

namespace outboxd::daemon {
namespace {

scheduler::RelayServiceSettings serviceSettings(const Settings& settings) {
    scheduler::RelayServiceSettings service;
    service.rules.pollInterval = settings.relay.pollInterval;
    service.rules.onFailure = settings.relay.onFailure;
    service.rules.batchSize = settings.relay.batchSize;
    service.rules.maxInFlightRows = settings.relay.maxInFlightRows;
    service.rules.maxInFlightBytes = static_cast<std::size_t>(settings.relay.maxInFlightBytes.bytes);
    service.leases.node = nodeName(settings);
    service.leases.lease = settings.relay.lease;
    service.leases.renewEvery = settings.relay.renewEvery;
    service.leases.singleLock = settings.relay.singleLock;
    service.drainTime = settings.shutdown.timeout / 2;
    return service;
}

} // namespace

RelayPart::RelayPart(const Settings& settings, Stores& stores, scheduler::LockStore& locks,
                     scheduler::RelayPeers& peers, const core::Clock& clock, core::Logger& logger,
                     core::ProgressMonitor& progress, metrics::Registry& registry)
    : deliveries(registry), pins(stores.work), source(stores.work, settings.relay.onFailure),
      control(stores.work), sink(sinkSettings(settings), pins, logger, clock),
      service({source, sink, locks, control, peers}, clock, logger, progress, serviceSettings(settings)),
      database_(stores.work), kafkaMetrics_(sink, registry),
      pending_(
          registry.gauge("outboxd_outbox_pending", "Events committed and not yet acknowledged by Kafka")),
      oldest_(registry.gauge("outboxd_outbox_oldest_seconds", "Age of the oldest pending event")),
      failed_(registry.gauge("outboxd_outbox_failed", "Events that Kafka refused for good")),
      parked_(registry.gauge("outboxd_outbox_parked", "Events held back behind a failed one of their key")) {
    sink.watch(deliveries);
    for (int lane = 0; lane < scheduler::kLanes; ++lane) {
        const metrics::Labels labels{{"lane", std::to_string(lane)}};
        lanes_.push_back({registry.gauge("outboxd_outbox_lane_pending",
                                         "Of the pending events, those of the lane", labels),
                          registry.gauge("outboxd_outbox_lane_oldest_seconds",
                                         "Age of the lane's first pending event", labels)});
    }
    using scheduler::relay::Figures;
    callbacks_ =
        FigureMetrics(registry, {}, [this] { return service.figures(); })
            .counter("outboxd_relay_delivered_total", "Events acknowledged by Kafka", &Figures::delivered)
            .counter("outboxd_relay_failed_total", "Verdicts: events refused for good", &Figures::failed)
            .counter("outboxd_relay_parked_total", "Events held back behind a failed one", &Figures::parked)
            .counter("outboxd_relay_paused_total", "Events held because their topic is paused",
                     &Figures::paused)
            .counter("outboxd_relay_orphans_total", "Queue rows without their event, removed",
                     &Figures::orphans)
            .counter("outboxd_relay_unknown_total",
                     "Events sent again because their outcome stayed unknown: possible duplicates",
                     &Figures::unknown)
            .counter("outboxd_relay_marks_total",
                     "Transactions that took acknowledged events out of the queue", &Figures::marks)
            .counter("outboxd_relay_sessions_total", "Producer sessions opened", &Figures::sessions)
            .counter("outboxd_relay_broken_sessions_total", "Producer sessions given up after a failure",
                     &Figures::brokenSessions)
            .counter("outboxd_relay_solo_sessions_total", "The same for events that are tried alone",
                     &Figures::soloSessions)
            .counter("outboxd_relay_broken_solo_sessions_total", "Sessions for single events given up",
                     &Figures::brokenSoloSessions)
            .gauge("outboxd_relay_solo_lanes", "Lanes whose events are tried alone", &Figures::soloLanes)
            .gauge("outboxd_relay_careful_lanes",
                   "Lanes on which owners died, with one event in hand at a time", &Figures::carefulLanes)
            .gauge("outboxd_relay_blocked_lanes", "Lanes that wait for an operator because of a failed event",
                   &Figures::blockedLanes)
            .counter("outboxd_relay_lanes_lost_total", "Lanes whose lease ended before they were released",
                     &Figures::lostLanes)
            .gauge("outboxd_relay_lanes", "Lanes that this node relays", &Figures::lanes)
            .counter("outboxd_relay_lanes_handed_over_total", "Lanes given up to other nodes in good order",
                     &Figures::handedOver)
            .counter("outboxd_relay_commands_total", "Steps of operators' orders that were executed",
                     &Figures::commandsRun)
            .counter("outboxd_relay_unknown_total",
                     "Events without a known outcome, sent again: possible duplicates", &Figures::unknown)
            .counter("outboxd_relay_marks_total", "Times that delivered events were taken out of the queue",
                     &Figures::marks)
            .gauge("outboxd_relay_solo_lanes", "Lanes whose events are being judged one by one",
                   &Figures::soloLanes)
            .gauge("outboxd_relay_in_flight_rows", "Events read and not yet marked", &Figures::inFlightRows)
            .gauge("outboxd_relay_in_flight_bytes", "Bytes sent and not yet acknowledged",
                   &Figures::inFlightBytes)
            .gauge("outboxd_relay_stalled", "1 while the broker is silent and reading pauses",
                   &Figures::stalled)
            .take();
    using scheduler::LaneFigures;
    std::ranges::move(
        FigureMetrics(registry, {}, [this] { return service.laneFigures(); })
            .gauge("outboxd_relay_lane_quota", "Lanes that this node should relay, of 16",
                   &LaneFigures::quota)
            .gauge("outboxd_relay_lane_leases", "Lanes whose lock this node holds", &LaneFigures::held)
            .counter("outboxd_relay_leases_lost_total", "Locks of lanes that ended before they were released",
                     &LaneFigures::lost)
            .take(),
        std::back_inserter(callbacks_));
    // The rules' own way to keep off a broker that says nothing: no report for a while opens it, the first report closes
    // it. What is under way is its trial, so that it is never half open.
    using State = core::CircuitBreaker::State;
    for (const auto state : {State::closed, State::open, State::half_open}) {
        callbacks_.push_back(registry.callback(
            metrics::Registry::CallbackKind::gauge, "outboxd_circuitbreaker_state",
            "1 for the state that the circuit breaker is in",
            {{"name", "kafka"}, {"state", std::string{core::name(state)}}}, [this, state] {
                return state == (service.figures().stalled ? State::open : State::closed) ? 1.0 : 0.0;
            }));
    }
}

void RelayPart::measureBacklog() {
    kafkaMetrics_.update();
    const auto backlog = scheduler::mysql::backlog(database_);
    pending_.set(static_cast<double>(backlog.pending));
    oldest_.set(std::chrono::duration<double>(backlog.oldest).count());
    failed_.set(static_cast<double>(backlog.failed));
    parked_.set(static_cast<double>(backlog.parked));
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        lanes_[i].pending.set(static_cast<double>(backlog.lanes.at(i).pending));
        lanes_[i].oldest.set(std::chrono::duration<double>(backlog.lanes.at(i).oldest).count());
    }
}

} // namespace outboxd::daemon
