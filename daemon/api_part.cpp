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

std::unique_ptr<api::CredentialAuthenticator> credentialsOf(const Settings& settings,
                                                            const core::Clock& clock) {
    if (settings.auth.mode.contains(AuthMode::none)) return nullptr;
    return std::make_unique<api::CredentialAuthenticator>(credentialsFrom(settings), clock);
}

std::unique_ptr<api::RateLimiter> limiterOf(const Settings& settings, const core::Clock& clock) {
    const auto& limit = settings.rateLimit;
    if (limit.requestsPerSecond == 0) return nullptr;
    return std::make_unique<api::RateLimiter>(api::RateLimitSettings{limit.requestsPerSecond, limit.burst},
                                              clock);
}

std::unique_ptr<commerce::CardPayments> cardPayments(commerce::UnitOfWork& unitOfWork, CardPart& part,
                                                     const core::Clock& clock) {
    if (!part.gateway) return nullptr;
    return std::make_unique<commerce::CardPayments>(unitOfWork, *part.gateway, part.watch, clock, part.rules);
}

} // namespace

ApiPart::ApiPart(const Settings& settings, Stores& stores, commerce::BestSellersCache& bestSellers,
                 CouponPart& coupons, CardPart& cardPart, const core::Clock& clock, core::Logger& logger,
                 metrics::Registry& registry, std::function<void()> onCommitted)
    : unitOfWork(stores.requests, clock, onCommitted), reader(stores.requests),
      idempotent(unitOfWork, std::chrono::floor<std::chrono::seconds>(settings.idempotency.retention)),
      batches(stores.batches, std::move(onCommitted)),
      authorizer(batches, idempotent, clock,
                 std::chrono::floor<std::chrono::seconds>(settings.idempotency.retention),
                 {.leaders = kBatchLeaders, .wait = settings.database.acquireTimeout}),
      credentials(credentialsOf(settings, clock)),
      authenticator(credentials ? static_cast<const api::Authenticator&>(*credentials) : nobody),
      limiter(limiterOf(settings, clock)), cards(cardPayments(unitOfWork, cardPart, clock)),
      shop{.unitOfWork = unitOfWork,
           .reader = reader,
           .idempotent = idempotent,
           .authorizer = authorizer,
           .bestSellers = bestSellers,
           .coupons = {coupons.reader, coupons.queue, coupons.desk, coupons.watch, clock},
           .orderRules =
               commerce::OrderRules{std::chrono::floor<std::chrono::seconds>(settings.orders.paymentWindow)},
           .watch = &cardPart.watch,
           .cards = cards.get(),
           .genuineNews = cardPart.genuineNews},
      router(authenticator, logger, limiter.get()), metrics(registry, "api"),
      server(serverSettings(settings), router, clock, logger, &metrics), logger_(logger) {
    api::checkBinding(settings.http.host, authenticator, "http.host");
    api::addShopRoutes(router, shop);
    callbacks_ = api::connectionMetrics(registry, server, "api");
}

void ApiPart::reload(const Settings& settings) {
    if (!credentials) return;
    try {
        credentials->replace(credentialsFrom(settings));
    } catch (const core::Error& error) { // a key that fits only settings that wait for a restart
        logger_.error("credentials_kept", {{"error", error.what()},
                                           {"next_step", "restart, or put the key file right and reload"}});
    }
}

} // namespace outboxd::daemon
