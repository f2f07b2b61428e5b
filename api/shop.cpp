#include "api/shop.hpp"

#include "api/handlers/handlers.hpp"
#include "api_embedded/openapi.hpp"

namespace outboxd::api {

void addShopRoutes(Router& router, const Shop& shop) {
    addUserRoutes(router, shop);
    addPointRoutes(router, shop);
    addTop5Routes(router, shop); // before {productId}
    addProductRoutes(router, shop);
    addStockRoutes(router, shop);
    addCartRoutes(router, shop);
    addOrderRoutes(router, shop);
    addPaymentRoutes(router, shop);
    router.add("GET", "/openapi.yaml", Access::everyone, [](const Call&) {
        http::Response response;
        response.contentType = "application/yaml";
        response.body = kOpenApi;
        return response;
    });
}

} // namespace outboxd::api
