#include "commerce/products.hpp"
#include "api/etag.hpp"
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api/idempotent.hpp"
#include "api/json_body.hpp"
#include "api/render.hpp"

namespace outboxd::api {

namespace {

http::Response create(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    auto& root = body.root();
    commerce::CreateProduct command{.name = root.text("name"),
                                    .price = core::Money{root.integer("price")},
                                    .stock = root.integer("stock"),
                                    .madeBy = call.client.scope};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return checked(call, std::move(command), [&](const commerce::Valid<commerce::CreateProduct>& valid) {
        return runOnce(shop, call, KeyNeed::optional, {201, "/api/v1/products", "productId"},
                       [&](commerce::Transaction& transaction) -> Rendered {
                           return toJson(createProduct(transaction, valid));
                       });
    });
}

http::Response list(const Shop& shop, const Call& call) {
    Query query(call.request);
    const auto page = query.page();
    if (const auto problem = query.problem()) return refuse(call, *problem);
    return json(toJson(shop.reader.products(page)));
}

http::Response get(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto product = shop.reader.product({call.ids[0]});
    return product ? etagged(call, json(toJson(*product))) : refuse(call, notFound("product"));
}

} // namespace

void addProductRoutes(Router& router, const Shop& shop) {
    router.add("POST", "/api/v1/products", Access::admin,
               [&shop](const Call& call) { return create(shop, call); });
    router.add("GET", "/api/v1/products", Access::client,
               [&shop](const Call& call) { return list(shop, call); });
    router.add("GET", "/api/v1/products/{productId}", Access::client,
               [&shop](const Call& call) { return get(shop, call); });
}

} // namespace outboxd::api
