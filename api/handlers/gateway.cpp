// What the card gateway tells on its own (docs/gateway.md). Nobody is asked for a token here: the signature says who it is.
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api/json_body.hpp"
#include "platform/http/webhook.hpp"

namespace outboxd::api {

namespace {

commerce::GatewayNews newsFrom(const Call& call, JsonObject& root, std::vector<http::FieldError>& wrong) {
    commerce::GatewayNews news;
    news.id = call.request.headers.get(http::kWebhookId).value_or("");
    news.key = root.text("key");
    const auto kind = root.text("kind");
    const auto status = root.text("status");
    news.amount = core::Money{root.integer("amount")};
    news.reason = root.optionalText("reason").value_or("");
    news.traceparent = call.request.traceparent;
    news.kind = kind == "refund" ? commerce::GatewayNews::Kind::refund : commerce::GatewayNews::Kind::charge;
    news.succeeded = status == "succeeded";
    if (kind != "charge" && kind != "refund") wrong.push_back({"/kind", "must be charge or refund"});
    if (status != "succeeded" && status != "declined")
        wrong.push_back({"/status", "must be succeeded or declined"});
    return news;
}

http::Response take(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    if (!shop.cards || !shop.genuineNews || !shop.genuineNews(call.request)) {
        auto response = refuse(
            call, {401, "signature_invalid", "This is not signed by the card gateway, or too long ago."});
        response.headers.add("WWW-Authenticate", "Webhook"); // RFC 9110, 11.6.1: a 401 names a way in
        return response;
    }
    JsonBody body(call.request);
    std::vector<http::FieldError> wrong;
    auto news = newsFrom(call, body.root(), wrong);
    if (const auto problem = body.problem()) return refuse(call, *problem);
    if (!wrong.empty()) return refuse(call, invalidRequest(std::move(wrong)));
    return checked(call, std::move(news), [&](const commerce::Valid<commerce::GatewayNews>& valid) {
        return std::visit(Overloaded{[](const commerce::NewsTaken&) { return empty(); },
                                     [](const commerce::NewsKnown&) { return empty(); },
                                     [&](const auto& refusal) { return refuse(call, problemFor(refusal)); }},
                          shop.cards->take(valid));
    });
}

} // namespace

void addGatewayRoutes(Router& router, const Shop& shop) {
    router.add("POST", "/api/v1/payments/callbacks", Access::everyone,
               [&shop](const Call& call) { return take(shop, call); });
}

} // namespace outboxd::api
