#include "commerce/points.hpp"
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api/idempotent.hpp"
#include "api/json_body.hpp"
#include "api/render.hpp"

namespace outboxd::api {

namespace {

std::string chargedJson(const commerce::Charged& charged) {
    return JsonWriter()
        .begin()
        .field("userId", charged.user)
        .field("amount", charged.amount)
        .field("balance", charged.balance)
        .end()
        .text();
}

http::Response charge(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    commerce::ChargePoints command{.user = {call.ids[0]},
                                   .amount = core::Money{body.root().integer("amount")},
                                   .traceparent = call.request.traceparent};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return checked(call, std::move(command), [&](const commerce::Valid<commerce::ChargePoints>& valid) {
        return runOnce(shop, call, KeyNeed::required, {}, [&](commerce::Transaction& transaction) {
            return rendered<commerce::Charged>(chargePoints(transaction, valid), chargedJson);
        });
    });
}

http::Response balance(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const commerce::UserId user{call.ids[0]};
    const auto balance = shop.reader.balance(user);
    if (!balance) return refuse(call, notFound("user"));
    return json(JsonWriter().begin().field("userId", user).field("balance", *balance).end().text());
}

http::Response history(const Shop& shop, const Call& call) {
    Query query(call.request);
    const auto page = query.page();
    if (const auto problem = query.problem()) return refuse(call, *problem);
    const commerce::UserId user{call.ids[0]};
    const auto entries = shop.reader.history(user, page);
    // Only an empty page leaves open whether there is such a user.
    if (entries.items.empty() && !shop.reader.balance(user)) return refuse(call, notFound("user"));
    return json(toJson(entries));
}

} // namespace

void addPointRoutes(Router& router, const Shop& shop) {
    router.add("POST", "/api/v1/users/{userId}/points/charges", Access::client,
               [&shop](const Call& call) { return charge(shop, call); });
    router.add("GET", "/api/v1/users/{userId}/points", Access::client,
               [&shop](const Call& call) { return balance(shop, call); });
    router.add("GET", "/api/v1/users/{userId}/points/history", Access::client,
               [&shop](const Call& call) { return history(shop, call); });
}

} // namespace outboxd::api
