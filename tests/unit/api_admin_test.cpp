// What the admin port says, and what is counted.
#include "api/admin/admin_routes.hpp"
#include "api/http_metrics.hpp"
#include "tests/support/memory_logger.hpp"
#include "tests/support/raw_client.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using api::Health;

namespace {

struct AdminFixture {
    AdminFixture() {
        ports.stuckLoops = [this] { return stuck; };
        ports.checks = {{"database", [this] { return database; }}, {"kafka", [this] { return kafka; }}};
        ports.started = [this] { return started; };
        ports.draining = [this] { return draining; };
        ports.metrics = [this] { return registry.text(); };
        ports.metricsContentType = metrics::Registry::contentType();
        api::addAdminRoutes(router, ports);
    }
    http::Response get(std::string path, std::vector<std::pair<std::string, std::string>> query = {}) {
        http::Request request;
        request.method = "GET";
        request.path = request.rawPath = std::move(path);
        request.query = std::move(query);
        return router.handle(request);
    }

    std::vector<std::string> stuck;
    api::CheckResult database;
    api::CheckResult kafka;
    bool started = true, draining = false;
    metrics::Registry registry;
    testing::MemoryLogger logger;
    api::NoAuthentication authenticator;
    api::AdminPorts ports;
    api::Router router{authenticator, logger};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_admin, AdminFixture)

BOOST_AUTO_TEST_CASE(alive_until_a_loop_makes_no_progress) {
    BOOST_TEST(get("/livez").status == 200);
    BOOST_TEST(get("/livez").body == "ok\n");
    stuck = {"relay", "heartbeat"};
    BOOST_TEST(get("/livez").status == 503);
    BOOST_TEST(get("/livez").body == "no progress: relay heartbeat\n");
}

BOOST_AUTO_TEST_CASE(ready_while_only_degraded) {
    BOOST_TEST(get("/readyz").body == R"({"status":"ok"})");
    kafka = {Health::degraded, "no broker answers"};
    const auto reply = get("/readyz", {{"verbose", ""}});
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.body ==
               R"({"checks":[{"name":"database","status":"ok","detail":""},)"
               R"({"name":"kafka","status":"degraded","detail":"no broker answers"}],"status":"degraded"})");
}

BOOST_AUTO_TEST_CASE(not_ready_without_its_database_or_while_it_starts_or_drains) {
    database = {Health::down, "connection refused"};
    BOOST_TEST(get("/readyz").status == 503);
    BOOST_TEST(get("/readyz").body == R"({"status":"down"})");
    database = {};
    started = false;
    BOOST_TEST(get("/readyz").status == 503);
    BOOST_TEST(get("/readyz").body == R"({"status":"starting"})");
    started = true;
    draining = true;
    BOOST_TEST(get("/readyz").status == 503);
    BOOST_TEST(get("/readyz").body == R"({"status":"draining"})");
}

BOOST_AUTO_TEST_CASE(a_check_that_throws_is_down) {
    ports.checks.push_back({"redis", []() -> api::CheckResult { throw std::runtime_error("boom"); }});
    BOOST_TEST(get("/readyz").status == 503);
    BOOST_TEST(get("/readyz", {{"verbose", ""}}).body.find("boom") != std::string::npos);
    BOOST_TEST(get("/readyz", {{"verbos", ""}}).status == 400);
}

BOOST_AUTO_TEST_CASE(requests_and_connections_are_counted_by_route) {
    api::HttpMetrics observer(registry, "admin");
    core::SystemClock clock;
    http::Server server({}, router, clock, logger, &observer);
    server.start();
    const auto callbacks = api::connectionMetrics(registry, server, "admin");
    testing::RawClient client(server.port());
    BOOST_TEST(client.ask("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").status == 200);
    BOOST_TEST(client.ask("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n").status == 404);
    BOOST_TEST(testing::RawClient(server.port()).ask("GET /livez HTTP/1.1\r\n\r\n").status == 400);

    const auto reply = client.ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    BOOST_TEST(reply.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    const auto counted = [&](const std::string& labels) {
        return reply.has("outboxd_http_requests_total{method=" + labels + "} 1\n");
    };
    BOOST_TEST(counted(R"("GET",route="/livez",server="admin",status="200")"));
    BOOST_TEST(counted(R"("GET",route="unmatched",server="admin",status="404")"));
    BOOST_TEST(reply.has("outboxd_http_requests_in_flight{server=\"admin\"} 1\n"));
    BOOST_TEST(reply.has("outboxd_http_connections_refused_total{server=\"admin\"} 0\n"));
    BOOST_TEST(reply.has(
        "outboxd_http_request_duration_seconds_count{method=\"GET\",route=\"/livez\",server=\"admin\"} 1\n"));
    server.stop();
    BOOST_TEST(registry.text().find(R"(method="other",route="edge",server="admin",status="400")") !=
               std::string::npos);
    BOOST_TEST(registry.text().find("outboxd_http_requests_in_flight{server=\"admin\"} 0\n") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
