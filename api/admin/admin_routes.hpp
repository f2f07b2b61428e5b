// What operators and orchestrators ask a node on the admin port: /livez, /readyz, /metrics.
#pragma once

#include "api/router.hpp"

#include <functional>
#include <string>
#include <vector>

namespace outboxd::api {

enum class Health {
    ok,
    degraded, // slower or staler, but everything that is answered is right: still ready
    down,     // requests would fail: not ready
};

struct CheckResult {
    Health health = Health::ok;
    std::string detail = {}; // one sentence; no secrets
};

// `run` is called by any thread, at every /readyz. It must return quickly: bound it by a time limit of its
// own. What it throws counts as down.
struct HealthCheck {
    std::string name; // "database"
    std::function<CheckResult()> run;
};

// Functions are called by any thread and must stay valid as long as the routes.
struct AdminPorts {
    std::function<std::vector<std::string>()> stuckLoops; // core::ProgressMonitor::stuck
    std::vector<HealthCheck> checks;
    std::function<bool()> started; // everything of the node, not only this port
    std::function<bool()> draining;
    std::function<std::string()> metrics; // metrics::Registry::text
    std::string metricsContentType;       // metrics::Registry::contentType
};

// `/livez`: 200 "ok", or 503 naming the loops that make no progress (restart the process). `/readyz`: 200
// while requests can be served, also degraded; 503 when a check is down, and while the node starts or drains. With `?verbose`
// every check and its detail. `ports` must outlive the router.
void addAdminRoutes(Router& router, const AdminPorts& ports);

} // namespace outboxd::api
