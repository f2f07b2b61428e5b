#include "commerce/cart.hpp"
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api/idempotent.hpp"
#include "api/json_body.hpp"
#include "api/render.hpp"

namespace outboxd::api {

namespace {

std::string itemJson(commerce::UserId user, const commerce::Pieces& pieces) {
    return JsonWriter()
        .begin()
        .field("userId", user)
        .field("productId", pieces.product)
        .field("quantity", pieces.quantity)
        .end()
        .text();
}

http::Response get(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto cart = shop.reader.cart({call.ids[0]});
    return cart ? json(toJson(*cart)) : refuse(call, notFound("user"));
}

http::Response put(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    commerce::PutInCart command{{call.ids[0]}, {{call.ids[1]}, body.root().integer("quantity")}};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return checked(call, command, [&](const commerce::Valid<commerce::PutInCart>& valid) {
        return runOnce(shop, call, KeyNeed::optional, {}, [&](commerce::Transaction& transaction) {
            return std::visit(
                Overloaded{
                    [&](const commerce::Pieces& now) -> Rendered { return itemJson(valid->user, now); },
                    [](const commerce::ProductNotFound&) -> Rendered { return notFound("product"); },
                    [](const auto& refusal) -> Rendered { return problemFor(refusal); }},
                putInCart(transaction, valid));
        });
    });
}

// Also what the published load scripts know of carts.
http::Response add(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    auto& root = body.root();
    commerce::AddToCart command;
    command.user = {root.integer("userId")};
    command.pieces = {{root.integer("productId")}, root.integer("quantity")};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    if (!call.client.mayActFor(command.user)) return refuse(call, notFound("user"));
    return checked(call, command, [&](const commerce::Valid<commerce::AddToCart>& valid) {
        return runOnce(shop, call, KeyNeed::optional, {}, [&](commerce::Transaction& transaction) {
            return rendered<commerce::Pieces>(
                addToCart(transaction, valid),
                [&](const commerce::Pieces& now) { return itemJson(valid->user, now); });
        });
    });
}

http::Response remove(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const commerce::RemoveFromCart command{{call.ids[0]}, {call.ids[1]}};
    return checked(call, command, [&](const commerce::Valid<commerce::RemoveFromCart>& valid) {
        return runOnce(shop, call, KeyNeed::optional, {204}, [&](commerce::Transaction& transaction) {
            return rendered<commerce::Removed>(removeFromCart(transaction, valid),
                                               [](const auto&) { return std::string{}; });
        });
    });
}

http::Response order(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    commerce::OrderCart command;
    command.user = {call.ids[0]};
    if (const auto coupon = body.root().optionalInteger("couponId")) command.coupon = {*coupon};
    command.traceparent = call.request.traceparent;
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return checked(call, std::move(command), [&](const commerce::Valid<commerce::OrderCart>& valid) {
        return runOnce(shop, call, KeyNeed::required, {201, "/api/v1/orders", "orderId"},
                       [&](commerce::Transaction& transaction) {
                           return rendered<commerce::Order>(orderCart(transaction, shop.orderRules, valid),
                                                            [](const auto& order) { return toJson(order); });
                       });
    });
}

} // namespace

void addCartRoutes(Router& router, const Shop& shop) {
    router.add("GET", "/api/v1/users/{userId}/cart", Access::client,
               [&shop](const Call& call) { return get(shop, call); });
    router.add("PUT", "/api/v1/users/{userId}/cart/items/{productId}", Access::client,
               [&shop](const Call& call) { return put(shop, call); });
    router.add("DELETE", "/api/v1/users/{userId}/cart/items/{productId}", Access::client,
               [&shop](const Call& call) { return remove(shop, call); });
    router.add("POST", "/api/v1/users/{userId}/cart/order", Access::client,
               [&shop](const Call& call) { return order(shop, call); });
    router.add("POST", "/api/v1/cart", Access::client, [&shop](const Call& call) { return add(shop, call); });
}

} // namespace outboxd::api
