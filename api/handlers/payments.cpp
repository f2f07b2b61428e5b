#include "commerce/payments.hpp"
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api/idempotent.hpp"
#include "api/json_body.hpp"
#include "api/render.hpp"

#include <variant>

namespace outboxd::api {

namespace {

constexpr Success kCreated{201, "/api/v1/payments", "paymentId"};

std::string paidJson(const commerce::Paid& paid) {
    JsonWriter json;
    json.begin();
    write(json, paid.payment);
    return json.field("completedAt", paid.completedAt).field("balance", paid.balance).end().text();
}

http::Response pay(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    commerce::PayOrder command{.order = {call.ids[0]},
                               .user = {body.root().integer("userId")},
                               .traceparent = call.request.traceparent};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    if (!call.client.mayActFor(command.user)) return refuse(call, notFound("user"));
    return checked(call, std::move(command), [&](const commerce::Valid<commerce::PayOrder>& valid) {
        return runOnce(shop, call, KeyNeed::required, kCreated,
                       [&](commerce::Transaction& transaction) -> Rendered {
                           const auto result = payOrder(transaction, valid);
                           // Whoever acts for one user does not hear that another one's order exists.
                           if (std::holds_alternative<commerce::NotOwner>(result) && call.client.user)
                               return problemFor(commerce::OrderNotFound{valid->order});
                           return rendered<commerce::Paid>(result, paidJson);
                       });
    });
}

http::Response authorize(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    auto& root = body.root();
    commerce::Authorize command{.merchant = root.text("merchant"),
                                .amount = core::Money{root.integer("amount")},
                                .currency = root.text("currency"),
                                .reference = root.text("reference"),
                                .traceparent = call.request.traceparent};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return checked(call, std::move(command), [&](const commerce::Valid<commerce::Authorize>& valid) {
        const auto request = idempotencyRequest(call);
        if (const auto* problem = std::get_if<http::Problem>(&request)) return refuse(call, *problem);
        const auto render = [](const commerce::Payment& payment) {
            return commerce::Reply{kCreated.status, toJson(payment), true};
        };
        return toResponse(
            call, kCreated,
            shop.authorizer.authorize(std::get<commerce::IdempotencyRequest>(request), valid, render));
    });
}

http::Response get(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto payment = shop.reader.payment({call.ids[0]});
    // An authorization is nobody's: services alone may see it.
    const bool shown =
        payment && (!call.client.user || (payment->user && call.client.mayActFor(*payment->user)));
    return shown ? json(toJson(*payment)) : refuse(call, notFound("payment"));
}

} // namespace

void addPaymentRoutes(Router& router, const Shop& shop) {
    router.add("POST", "/api/v1/orders/{orderId}/payment", Access::client,
               [&shop](const Call& call) { return pay(shop, call); });
    router.add("POST", "/api/v1/payments/authorizations", Access::service,
               [&shop](const Call& call) { return authorize(shop, call); });
    router.add("GET", "/api/v1/payments/{paymentId}", Access::client,
               [&shop](const Call& call) { return get(shop, call); });
}

} // namespace outboxd::api
