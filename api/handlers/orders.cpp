#include "commerce/orders.hpp"
#include "api/etag.hpp"
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api/idempotent.hpp"
#include "api/json_body.hpp"
#include "api/render.hpp"
#include "commerce/cancel.hpp"

#include <fmt/format.h>

namespace outboxd::api {

namespace {

// Says which lines of the client's own order a product stands in.
http::Problem pointed(http::Problem problem, const commerce::PlaceOrder& command, commerce::ProductId product,
                      std::string_view member) {
    for (std::size_t i = 0; i < command.lines.size(); ++i)
        if (command.lines[i].product == product)
            problem.errors.push_back({fmt::format("{}/{}/{}", command.linesAt, i, member), problem.detail});
    return problem;
}

Rendered place(commerce::Transaction& transaction, const Shop& shop,
               const commerce::Valid<commerce::PlaceOrder>& command) {
    using namespace commerce;
    return std::visit(
        Overloaded{[](const Order& order) -> Rendered { return toJson(order); },
                   [&](const ProductNotFound& refusal) -> Rendered {
                       return pointed(problemFor(refusal), *command, refusal.product, "productId");
                   },
                   [&](const OutOfStock& refusal) -> Rendered {
                       return pointed(problemFor(refusal), *command, refusal.product, "quantity");
                   },
                   [](const auto& refusal) -> Rendered { return problemFor(refusal); }},
        placeOrder(transaction, shop.orderRules, command));
}

// The published load scripts call the lines by other names, send no key, and know 400 alone.
bool isOfScript(const Call& call, std::string_view linesName) {
    return !call.versioned || linesName != "lines";
}

http::Response create(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    auto& root = body.root();
    commerce::PlaceOrder command;
    command.user = {root.integer("userId")};
    const std::string linesName{root.exactlyOne({"lines", "products", "items"})};
    command.linesAt = "/" + linesName;
    if (!linesName.empty())
        root.objects(linesName, [&](JsonObject& line) {
            command.lines.push_back({{line.integer("productId")}, line.integer("quantity")});
        });
    if (const auto coupon = root.optionalInteger("couponId")) command.coupon = {*coupon};
    command.traceparent = call.request.traceparent;
    if (const auto problem = body.problem()) return refuse(call, *problem);

    const bool script = isOfScript(call, linesName);
    const auto answer = [&]() -> http::Response {
        if (!call.client.mayActFor(command.user)) return refuse(call, notFound("user"));
        return checked(call, std::move(command), [&](const commerce::Valid<commerce::PlaceOrder>& valid) {
            const auto need = script ? KeyNeed::optional : KeyNeed::required;
            return runOnce(
                shop, call, need, {201, "/api/v1/orders", "orderId"},
                [&](commerce::Transaction& transaction) { return place(transaction, shop, valid); });
        });
    };
    return script ? compatibleRefusal(answer()) : answer();
}

http::Response cancel(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    commerce::CancelOrder command{.order = {call.ids[0]},
                                  .user = {body.root().integer("userId")},
                                  .traceparent = call.request.traceparent};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    if (!call.client.mayActFor(command.user)) return refuse(call, notFound("order"));
    return checked(call, std::move(command), [&](const commerce::Valid<commerce::CancelOrder>& valid) {
        Success success; // 202 while the answer about the payment is awaited
        return runOnce(shop, call, KeyNeed::required, success, [&](commerce::Transaction& transaction) {
            return rendered<commerce::Order>(
                cancelOrder(transaction, valid), [&](const commerce::Order& order) {
                    success.status = order.state == commerce::OrderState::cancelled ? 200 : 202;
                    return toJson(order);
                });
        });
    });
}

http::Response list(const Shop& shop, const Call& call) {
    using enum commerce::OrderState;
    Query query(call.request);
    const auto page = query.page();
    const auto state = query.oneOf("state", {waiting, paying, complete, cancelled, expired});
    if (const auto problem = query.problem()) return refuse(call, *problem);
    const commerce::UserId user{call.ids[0]};
    const auto orders = shop.reader.orders(user, state, page);
    // Only an empty page leaves open whether there is such a user.
    if (orders.items.empty() && !shop.reader.user(user)) return refuse(call, notFound("user"));
    return json(toJson(orders));
}

http::Response get(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto order = shop.reader.order({call.ids[0]});
    const bool shown = order && call.client.mayActFor(order->user);
    return shown ? etagged(call, json(toJson(*order))) : refuse(call, notFound("order"));
}

} // namespace

void addOrderRoutes(Router& router, const Shop& shop) {
    router.add("POST", "/api/v1/orders", Access::client,
               [&shop](const Call& call) { return create(shop, call); });
    router.add("GET", "/api/v1/orders/{orderId}", Access::client,
               [&shop](const Call& call) { return get(shop, call); });
    router.add("POST", "/api/v1/orders/{orderId}/cancel", Access::client,
               [&shop](const Call& call) { return cancel(shop, call); });
    router.add("GET", "/api/v1/users/{userId}/orders", Access::client,
               [&shop](const Call& call) { return list(shop, call); });
}

} // namespace outboxd::api
