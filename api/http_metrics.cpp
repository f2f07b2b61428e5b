#include "api/http_metrics.hpp"

#include <mutex>

namespace outboxd::api {

HttpMetrics::HttpMetrics(metrics::Registry& registry, std::string server)
    : registry_(registry), server_(std::move(server)),
      inFlight_(registry.gauge("outboxd_http_requests_in_flight", "Requests that a handler is working on.",
                               {{"server", server_}})) {}

void HttpMetrics::requestStarted() { inFlight_.add(1); }

void HttpMetrics::requestFinished(const http::RequestSummary& summary) {
    inFlight_.add(-1);
    requestRefused(summary);
}

void HttpMetrics::requestRefused(const http::RequestSummary& summary) {
    auto found = series(summary);
    found.count.increment();
    found.duration.observe(std::chrono::duration<double>(summary.duration).count());
}

HttpMetrics::Series HttpMetrics::series(const http::RequestSummary& summary) {
    const KeyView key{summary.route, summary.method, summary.status};
    {
        const std::shared_lock lock(mutex_);
        const auto found = series_.find(key);
        if (found != series_.end()) return found->second;
    }
    metrics::Labels labels{
        {"server", server_}, {"route", std::string{summary.route}}, {"method", std::string{summary.method}}};
    const auto duration = registry_.histogram("outboxd_http_request_duration_seconds",
                                              "From the complete request to the whole answer.",
                                              metrics::durationBuckets(), labels);
    labels.emplace("status", std::to_string(summary.status));
    const Series made{registry_.counter("outboxd_http_requests_total", "Requests answered.", labels),
                      duration};
    const std::unique_lock lock(mutex_);
    series_.emplace(Key{summary.route, summary.method, summary.status}, made);
    return made;
}

std::vector<metrics::Registry::Callback>
connectionMetrics(metrics::Registry& registry, const http::Server& server, const std::string& name) {
    using Kind = metrics::Registry::CallbackKind;
    std::vector<metrics::Registry::Callback> callbacks;
    callbacks.push_back(registry.callback(Kind::gauge, "outboxd_http_connections", "Open connections.",
                                          {{"server", name}},
                                          [&server] { return static_cast<double>(server.connections()); }));
    callbacks.push_back(registry.callback(
        Kind::counter, "outboxd_http_connections_refused_total", "Connections answered 503 at the limit.",
        {{"server", name}}, [&server] { return static_cast<double>(server.refusedConnections()); }));
    return callbacks;
}

} // namespace outboxd::api
