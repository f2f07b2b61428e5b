#include "commerce/orders.hpp"
#include "api/etag.hpp"
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api/idempotent.hpp"
#include "api/json_body.hpp"
#include "api/render.hpp"

#include <fmt/format.h>

namespace outboxd::api {

namespace {

// Says which lines of the client's own order a product stands in.
http::Problem pointed(http::Problem problem, const commerce::PlaceOrder& command, commerce::ProductId product,
                      std::string_view member) {
    for (std::size_t i = 0; i < command.lines.size(); ++i)
        if (command.lines[i].product == product)
            problem.errors.push_back({fmt::format("/lines/{}/{}", i, member), problem.detail});
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
                   [](const UserNotFound& refusal) -> Rendered { return problemFor(refusal); },
                   [](const TotalTooLarge& refusal) -> Rendered { return problemFor(refusal); }},
        placeOrder(transaction, shop.orderRules, command));
}

http::Response create(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    auto& root = body.root();
    commerce::PlaceOrder command;
    command.user = {root.integer("userId")};
    root.objects("lines", [&](JsonObject& line) {
        command.lines.push_back({{line.integer("productId")}, line.integer("quantity")});
    });
    command.traceparent = call.request.traceparent;
    if (const auto problem = body.problem()) return refuse(call, *problem);
    if (!call.client.mayActFor(command.user)) return refuse(call, notFound("user"));
    return checked(call, std::move(command), [&](const commerce::Valid<commerce::PlaceOrder>& valid) {
        return runOnce(shop, call, KeyNeed::required, {201, "/api/v1/orders", "orderId"},
                       [&](commerce::Transaction& transaction) { return place(transaction, shop, valid); });
    });
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
}

} // namespace outboxd::api
