#include "daemon/api_part.hpp"

namespace outboxd::daemon {
namespace {

http::ServerSettings serverSettings(const Settings& settings) {
    http::ServerSettings server;
    server.name = "api";
    server.setting = "http";
    server.host = settings.http.host;
    server.port = settings.http.port;
    server.maxConnections = settings.http.maxConnections;
    server.maxBodyBytes = static_cast<std::size_t>(settings.http.maxBody.bytes);
    server.idleTimeout = settings.http.idleTimeout;
    server.requestTimeout = settings.http.requestTimeout;
    server.bodyTimeout = settings.http.requestTimeout;
    server.sendTimeout = settings.http.requestTimeout;
    server.headerTimeout = std::min(server.headerTimeout, settings.http.requestTimeout);
    server.drainTimeout = settings.shutdown.timeout / 2;
    return server;
}

} // namespace

ApiPart::ApiPart(const Settings& settings, Stores& stores, const core::Clock& clock, core::Logger& logger,
                 metrics::Registry& registry, std::function<void()> onCommitted)
    : unitOfWork(stores.requests, clock, std::move(onCommitted)), reader(stores.requests),
      idempotent(unitOfWork, std::chrono::floor<std::chrono::seconds>(settings.idempotency.retention)),
      shop{unitOfWork, reader, idempotent,
           commerce::OrderRules{std::chrono::floor<std::chrono::seconds>(settings.orders.paymentWindow)}},
      router(authenticator, logger), metrics(registry, "api"),
      server(serverSettings(settings), router, clock, logger, &metrics) {
    api::checkBinding(settings.http.host, authenticator, "http.host");
    api::addShopRoutes(router, shop);
    callbacks_ = api::connectionMetrics(registry, server, "api");
}

} // namespace outboxd::daemon
