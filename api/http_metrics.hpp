// Joins the HTTP edge to the metrics registry.
#pragma once

#include "platform/http/observer.hpp"
#include "platform/http/server.hpp"
#include "platform/metrics/metrics.hpp"

#include <map>
#include <shared_mutex>
#include <string>
#include <tuple>
#include <vector>

namespace outboxd::api {

// outboxd_http_requests_total{server,route,method,status},
// outboxd_http_request_duration_seconds{server,route,method} and outboxd_http_requests_in_flight{server}.
// Thread-safe.
class HttpMetrics final : public http::Observer {
public:
    // `registry` must outlive the metrics. `server`: "api" or "admin".
    HttpMetrics(metrics::Registry& registry, std::string server);

    void requestStarted() override;
    void requestFinished(const http::RequestSummary& summary) override;
    void requestRefused(const http::RequestSummary& summary) override;

private:
    struct Series {
        metrics::Counter count;
        metrics::Histogram duration;
    };
    using Key = std::tuple<std::string, std::string, int>; // route, method, status
    using KeyView = std::tuple<std::string_view, std::string_view, int>;
    struct KeyLess {
        using is_transparent = void;
        bool operator()(const KeyView& left, const KeyView& right) const { return left < right; }
    };

    Series series(const http::RequestSummary& summary);

    metrics::Registry& registry_;
    const std::string server_;
    metrics::Gauge inFlight_;
    std::shared_mutex mutex_;
    std::map<Key, Series, KeyLess> series_; // guarded by mutex_; the registry's own lookup builds label maps
};

// outboxd_http_connections{server} and outboxd_http_connections_refused_total{server}, as long as the result
// lives. `server` and `registry` must live longer.
std::vector<metrics::Registry::Callback>
connectionMetrics(metrics::Registry& registry, const http::Server& server, const std::string& name);

} // namespace outboxd::api
