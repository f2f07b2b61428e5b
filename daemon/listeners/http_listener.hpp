// A receiver of the shop's events, joined to its settings and metrics.
#pragma once

#include "daemon/listeners/listeners.hpp"
#include "daemon/listeners/processed_events.hpp"
#include "scheduler/http/http_effect.hpp"

#include <map>

namespace outboxd::daemon {

// Calls that receiver for each event of these types of aggregate `order`.
class HttpListener final : public scheduler::Listener {
public:
    // Connects to nothing. Throws core::Error(misconfigured) for what checkTogether would have named.
    HttpListener(std::string name, std::set<std::string, std::less<>> types,
                 const HttpListenerSettings& settings, const ListenerParts& parts);

    std::string_view name() const override { return effect_.name(); }
    std::size_t batch() const override { return effect_.batch(); }
    std::vector<scheduler::Verdict> handle(std::span<const scheduler::Delivery> batch) override {
        return effect_.handle(batch);
    }

    // Takes over secrets that were read again.
    void reload(const HttpListenerSettings& settings);
    // Why nothing is sent now; empty: it is.
    std::string trouble() const;

private:
    using Outcome = scheduler::http::CallOutcome;

    void report(Outcome outcome, std::chrono::microseconds took);

    MysqlProcessedEvents processed_;
    std::map<Outcome, metrics::Counter> calls_;
    metrics::Histogram durations_;
    scheduler::http::HttpEffect effect_;
    std::vector<metrics::Registry::Callback> callbacks_;
};

} // namespace outboxd::daemon
