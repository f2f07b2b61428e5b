// The handlers, one file per resource. Internal to api/; see addShopRoutes().
#pragma once

#include "api/shop.hpp"

namespace outboxd::api {

void addUserRoutes(Router& router, const Shop& shop);
void addPointRoutes(Router& router, const Shop& shop);
void addProductRoutes(Router& router, const Shop& shop);
void addTop5Routes(Router& router, const Shop& shop);
void addStockRoutes(Router& router, const Shop& shop);
void addCartRoutes(Router& router, const Shop& shop);
void addOrderRoutes(Router& router, const Shop& shop);
void addCouponRoutes(Router& router, const Shop& shop);
void addCouponClaimRoutes(Router& router, const Shop& shop);
void addPaymentRoutes(Router& router, const Shop& shop);
void addRefundRoutes(Router& router, const Shop& shop);
void addGatewayRoutes(Router& router, const Shop& shop);

} // namespace outboxd::api
