// The REST API of a node, put together.
#pragma once

#include "api/http_metrics.hpp"
#include "api/shop.hpp"
#include "commerce/mysql/authorization_batches.hpp"
#include "commerce/mysql/shop_reader.hpp"
#include "commerce/mysql/unit_of_work.hpp"
#include "daemon/card_part.hpp"
#include "daemon/coupon_part.hpp"
#include "daemon/credentials.hpp"
#include "daemon/stores.hpp"
#include "platform/http/server.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace outboxd::daemon {

struct ApiPart {
    // `onCommitted` rings the relay of this node. The other parts must outlive this one.
    ApiPart(const Settings& settings, Stores& stores, commerce::BestSellersCache& bestSellers,
            CouponPart& coupons, CardPart& cardPart, const core::Clock& clock, core::Logger& logger,
            metrics::Registry& registry, std::function<void()> onCommitted);

    // Takes over keys and tokens that were read again; what cannot be taken is logged and changes nothing.
    void reload(const Settings& settings);

    commerce::mysql::UnitOfWork unitOfWork;
    commerce::mysql::ShopReader reader;
    commerce::IdempotentRunner idempotent;
    commerce::mysql::AuthorizationBatches batches;
    commerce::Authorizer authorizer;
    api::NoAuthentication nobody;
    std::unique_ptr<api::CredentialAuthenticator> credentials; // null: auth.mode is none
    const api::Authenticator& authenticator;
    std::unique_ptr<api::RateLimiter> limiter;     // null: no limit
    std::unique_ptr<commerce::CardPayments> cards; // null: there is no gateway
    api::Shop shop;
    api::Router router;
    api::HttpMetrics metrics;
    http::Server server;

private:
    core::Logger& logger_;
    std::vector<metrics::Registry::Callback> callbacks_;
};

} // namespace outboxd::daemon
