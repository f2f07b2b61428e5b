// What the handlers of the shop work with.
#pragma once

#include "api/router.hpp"
#include "commerce/authorizer.hpp"
#include "commerce/best_sellers_cache.hpp"
#include "commerce/card_payments.hpp"
#include "commerce/claim_desk.hpp"
#include "commerce/claim_watch.hpp"
#include "commerce/coupon_reader.hpp"
#include "commerce/idempotency.hpp"
#include "commerce/orders.hpp"
#include "commerce/shop_reader.hpp"
#include "commerce/unit_of_work.hpp"

#include <functional>

namespace outboxd::api {

// All references must outlive the routes.
struct CouponDesk {
    commerce::CouponReader& reader;
    commerce::ClaimQueue& queue;
    commerce::ClaimDesk& desk;
    commerce::ClaimWatch& watch;
    const core::Clock& clock; // of the requests' deadlines
};

struct Shop {
    commerce::UnitOfWork& unitOfWork;
    commerce::ShopReader& reader;
    commerce::IdempotentRunner& idempotent;
    commerce::Authorizer& authorizer;
    commerce::BestSellersCache& bestSellers;
    CouponDesk coupons;
    commerce::OrderRules orderRules = {};
    commerce::PaymentWatch* watch = nullptr; // may be null: nobody counts
    commerce::CardPayments* cards = nullptr; // null: there is no gateway, so cards are refused
    // Which of the gateway's messages are genuine. Null: none is.
    std::function<bool(const http::Request&)> genuineNews = nullptr;
};

// Everything under /api/v1, and the description of it at /openapi.yaml and, for people, at /docs. `shop` must outlive the router.
void addShopRoutes(Router& router, const Shop& shop);

} // namespace outboxd::api
