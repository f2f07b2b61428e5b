// A listener that tells a receiver of events by HTTP, as docs/listeners.md says.
//
// Once: which events were sent is asked of ProcessedEvents before, and written after a batch, so a repetition is normally not
// sent again. A crash in between sends the batch's events once more, under the same Idempotency-Key.
//
// In order: keys go side by side, the events of one key one after the other; after one that was not accepted the later ones
// of its key are deferred. The circuit breaker, and a pause that the receiver asked for, defer everything.
#pragma once

#include "platform/core/circuit_breaker.hpp"
#include "scheduler/http/event_call.hpp"
#include "scheduler/http/workers.hpp"
#include "scheduler/processed_events.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>

namespace outboxd::scheduler::http {

struct HttpEffectSettings {
    std::string name;                              // the listener's
    std::set<std::string, std::less<>> types = {}; // of events that the receiver is told of
    wire::Endpoint endpoint = {};                  // its prefix is the path that is called
    std::string caFile = {};                       // PEM; empty: the system's authorities
    std::chrono::milliseconds timeout{3'000}; // of a call, from resolving the name to the answer's last byte
    std::size_t workers = 8;                  // calls at a time
    // What has not begun by then is deferred: a stop, and a rebalance, wait for no longer than that and one call.
    std::chrono::milliseconds longestBatch{2'000};
    core::CircuitBreakerSettings breaker = {};
};

class HttpEffect final : public Listener {
public:
    // A call has ended. Called by the worker's thread; must not throw.
    using Report = std::function<void(CallOutcome, std::chrono::microseconds took)>;

    // Connects to nothing. Throws core::Error(misconfigured) if the certificates cannot be read. `processed` and `clock` must
    // outlive it; `secrets` must not be empty; `report` may be.
    HttpEffect(HttpEffectSettings settings, std::vector<wire::WebhookSecret> secrets,
               ProcessedEvents& processed, const core::Clock& clock, Report report);

    std::string_view name() const override { return settings_.name; }
    std::size_t batch() const override { return 8 * settings_.workers; }
    std::vector<Verdict> handle(std::span<const Delivery> batch) override;

    // From the next call on; the first one signs.
    void take(std::vector<wire::WebhookSecret> secrets);
    core::CircuitBreaker::Figures breaker() const { return breaker_.figures(clock_.now()); }

private:
    using Chain = std::vector<std::size_t>; // places in a batch, of one key
    struct Batch {
        std::span<const Delivery> events;
        ProcessedEvents::Ids known; // sent before
        std::vector<Verdict> verdicts;
        core::Instant giveUp{}; // nothing is begun from then on
    };

    std::vector<Chain> chainsOf(std::span<const Delivery> events);
    void workOff(Batch& batch, const Chain& chain);
    Verdict tell(const Delivery& event, core::Instant giveUp);
    Reading call(const Delivery& event, std::string body);
    bool quiet() const;
    void pauseFor(std::chrono::seconds time);

    const HttpEffectSettings settings_;
    const std::string path_;
    ProcessedEvents& processed_;
    const core::Clock& clock_;
    const Report report_;
    wire::Client client_;
    core::CircuitBreaker breaker_;
    mutable std::mutex mutex_;
    std::shared_ptr<const wire::WebhookSecret> secret_; // guarded by mutex_
    core::Instant quietUntil_{};       // guarded by mutex_; the receiver wants to be left alone
    std::atomic<std::size_t> turn_{0}; // batches so far
    Workers workers_;                  // last: they use the rest
};

} // namespace outboxd::scheduler::http
