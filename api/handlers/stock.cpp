#include "commerce/stock.hpp"
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api/idempotent.hpp"
#include "api/json_body.hpp"
#include "api/render.hpp"

#include <fmt/format.h>

namespace outboxd::api {

namespace {

// The product is named by the path.
http::Problem named(const commerce::ProductNotFound&) { return notFound("product"); }
// Nobody wants to buy here, so nothing is sold out.
http::Problem named(const commerce::OutOfStock& refusal) {
    return {409, "insufficient_stock",
            fmt::format("There are {} of product {}; {} cannot be taken.", refusal.available,
                        refusal.product.value, refusal.requested)};
}
template <class Refusal> http::Problem named(const Refusal& refusal) { return problemFor(refusal); }

template <class Success, class Result> Rendered renderedByPath(const Result& result) {
    return std::visit(Overloaded{[](const Success& success) -> Rendered { return toJson(success); },
                                 [](const auto& refusal) -> Rendered { return named(refusal); }},
                      result);
}

http::Response spread(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    commerce::SpreadStock command{{call.ids[0]}, body.root().integer("slots")};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return checked(call, command, [&](const commerce::Valid<commerce::SpreadStock>& valid) {
        return runOnce(shop, call, KeyNeed::optional, {}, [&](commerce::Transaction& transaction) {
            return renderedByPath<commerce::StockSpread>(spreadStock(transaction, valid));
        });
    });
}

http::Response adjust(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    auto& root = body.root();
    commerce::AdjustStock command{.product = {call.ids[0]},
                                  .quantity = root.integer("quantity"),
                                  .reason = root.text("reason"),
                                  .madeBy = call.client.scope};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return checked(call, std::move(command), [&](const commerce::Valid<commerce::AdjustStock>& valid) {
        return runOnce(shop, call, KeyNeed::required, {201}, [&](commerce::Transaction& transaction) {
            return renderedByPath<commerce::StockAdjustment>(adjustStock(transaction, valid));
        });
    });
}

http::Response history(const Shop& shop, const Call& call) {
    Query query(call.request);
    const auto page = query.page();
    if (const auto problem = query.problem()) return refuse(call, *problem);
    const commerce::ProductId product{call.ids[0]};
    const auto adjustments = shop.reader.adjustments(product, page);
    // Only an empty page leaves open whether there is such a product.
    if (adjustments.items.empty() && !shop.reader.product(product)) return refuse(call, notFound("product"));
    return json(toJson(adjustments));
}

} // namespace

void addStockRoutes(Router& router, const Shop& shop) {
    router.add("PUT", "/api/v1/products/{productId}/stock-slots", Access::admin,
               [&shop](const Call& call) { return spread(shop, call); });
    router.add("POST", "/api/v1/products/{productId}/stock-adjustments", Access::admin,
               [&shop](const Call& call) { return adjust(shop, call); });
    router.add("GET", "/api/v1/products/{productId}/stock-adjustments", Access::admin,
               [&shop](const Call& call) { return history(shop, call); });
}

} // namespace outboxd::api
