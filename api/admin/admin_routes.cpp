#include "api/admin/admin_routes.hpp"

#include "api/handlers/support.hpp"
#include "api/json_writer.hpp"

#include <algorithm>

namespace outboxd::api {

namespace {

std::string_view name(Health health) {
    switch (health) {
    case Health::ok: return "ok";
    case Health::degraded: return "degraded";
    case Health::down: return "down";
    }
    return "down";
}

CheckResult run(const HealthCheck& check) {
    try {
        return check.run();
    } catch (const std::exception& error) {
        return {Health::down, error.what()};
    }
}

http::Response plain(int status, std::string text) {
    http::Response response;
    response.status = status;
    response.contentType = "text/plain; charset=utf-8";
    response.body = std::move(text);
    response.headers.add("Cache-Control", "no-store");
    return response;
}

http::Response live(const AdminPorts& ports) {
    const auto stuck = ports.stuckLoops();
    if (stuck.empty()) return plain(200, "ok\n");
    std::string text = "no progress:";
    for (const auto& loop : stuck) text += " " + loop;
    return plain(503, text + "\n");
}

http::Response ready(const AdminPorts& ports, const Call& call) {
    Query query(call.request);
    const bool verbose = query.flag("verbose");
    if (const auto problem = query.problem()) return refuse(call, *problem);

    const std::string_view phase = ports.draining() ? "draining" : ports.started() ? "" : "starting";
    auto worst = phase.empty() ? Health::ok : Health::down;
    JsonWriter json;
    json.begin();
    if (verbose) json.beginList("checks");
    for (const auto& check : ports.checks) {
        const auto result = run(check);
        worst = std::max(worst, result.health);
        if (!verbose) continue;
        json.begin().field("name", check.name).field("status", name(result.health));
        json.field("detail", result.detail).end();
    }
    if (verbose) json.endList();
    json.field("status", phase.empty() ? std::string_view{name(worst)} : phase).end();

    http::Response response;
    response.status = worst == Health::down ? 503 : 200;
    response.body = json.text();
    response.headers.add("Cache-Control", "no-store");
    return response;
}

http::Response metrics(const AdminPorts& ports) {
    http::Response response;
    response.contentType = ports.metricsContentType;
    response.body = ports.metrics();
    return response;
}

} // namespace

void addAdminRoutes(Router& router, const AdminPorts& ports) {
    router.add("GET", "/livez", Access::everyone, [&ports](const Call&) { return live(ports); });
    router.add("GET", "/readyz", Access::everyone, [&ports](const Call& call) { return ready(ports, call); });
    router.add("GET", "/metrics", Access::everyone, [&ports](const Call&) { return metrics(ports); });
}

} // namespace outboxd::api
