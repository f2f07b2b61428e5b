#include "api/shop.hpp"

#include "api/etag.hpp"
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api_embedded/docs.hpp"
#include "api_embedded/openapi.hpp"

namespace outboxd::api {

namespace {

http::Response document(const Call& call, const char* type, std::string_view text) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    http::Response response;
    response.contentType = type;
    response.body = text;
    return etagged(call, std::move(response));
}

} // namespace

void addShopRoutes(Router& router, const Shop& shop) {
    addUserRoutes(router, shop);
    addPointRoutes(router, shop);
    addTop5Routes(router, shop); // before {productId}
    addProductRoutes(router, shop);
    addStockRoutes(router, shop);
    addCartRoutes(router, shop);
    addOrderRoutes(router, shop);
    addPaymentRoutes(router, shop);
    addCouponRoutes(router, shop);
    addCouponClaimRoutes(router, shop);
    addRefundRoutes(router, shop);
    addGatewayRoutes(router, shop);
    router.add("GET", "/openapi.yaml", Access::everyone,
               [](const Call& call) { return document(call, "application/yaml", kOpenApi); });
    router.add("GET", "/docs", Access::everyone, [](const Call& call) {
        auto response = document(call, "text/html; charset=utf-8", kDocsPage);
        response.headers.add("Content-Security-Policy", std::string{kDocsPolicy});
        response.headers.add("Referrer-Policy", "no-referrer");
        return response;
    });
}

} // namespace outboxd::api
