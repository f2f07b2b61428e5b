#include "commerce/payments.hpp"
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api/idempotent.hpp"
#include "api/json_body.hpp"
#include "api/render.hpp"

#include <optional>

namespace outboxd::api {

namespace {

constexpr Success kCreated{201, "/api/v1/payments", "paymentId"};

void count(const Shop& shop, commerce::PaymentMethod method, const http::Response& response) {
    if (shop.watch && response.status == kCreated.status && !response.headers.get("Idempotent-Replayed"))
        shop.watch->moved(method, commerce::PaymentState::succeeded);
}

std::string paidJson(const commerce::Paid& paid) {
    JsonWriter json;
    json.begin();
    write(json, paid.payment);
    return json.field("completedAt", paid.completedAt).field("balance", paid.balance).end().text();
}

http::Response payByPoints(const Shop& shop, const Call& call, KeyNeed need, commerce::PayOrder command) {
    return checked(call, std::move(command), [&](const commerce::Valid<commerce::PayOrder>& valid) {
        auto response = runOnce(shop, call, need, kCreated, [&](commerce::Transaction& transaction) {
            return rendered<commerce::Paid>(payOrder(transaction, valid), paidJson);
        });
        count(shop, commerce::PaymentMethod::points, response);
        return response;
    });
}

// The answer to a payment by card, now and whenever the key asks again, is what became of it.
http::Response answerOf(const Call& call, const commerce::Payment& payment,
                        const std::optional<core::Timestamp>& completedAt) {
    using enum commerce::PaymentState;
    if (payment.state == failed) return refuse(call, cardDeclined(payment.reason));
    JsonWriter body;
    body.begin();
    write(body, payment);
    if (completedAt) body.field("completedAt", *completedAt);
    auto response = json(body.end().text());
    response.status = payment.state == pending || payment.state == unknown ? 202 : kCreated.status;
    response.headers.add("Location", std::string{kCreated.location} + "/" + std::to_string(payment.id.value));
    return response;
}

http::Response answerAgain(const Shop& shop, const Call& call, commerce::PaymentId id) {
    const auto payment = shop.reader.payment(id).value();
    const auto order = shop.reader.order(payment.order.value());
    return answerOf(call, payment, order ? order->completedAt : std::nullopt);
}

class CardPayment {
public:
    CardPayment(const Shop& shop, const Call& call, const commerce::Valid<commerce::PayByCard>& command)
        : shop_(shop), call_(call), command_(command) {}

    http::Response run(KeyNeed need) {
        return runOutside(
            shop_, call_, need, kCreated,
            [this](commerce::Transaction& transaction) { return begin(transaction); },
            [this](const commerce::Underway& underway, Turn turn) {
                return goOn(std::get<commerce::PaymentId>(underway), turn);
            });
    }

private:
    std::variant<std::string, http::Problem, commerce::Underway> begin(commerce::Transaction& transaction) {
        begun_.reset();
        using Result = std::variant<std::string, http::Problem, commerce::Underway>;
        return std::visit(Overloaded{[&](const commerce::Payment& payment) -> Result {
                                         begun_ = payment;
                                         return commerce::Underway{payment.id};
                                     },
                                     [](const auto& refusal) -> Result { return problemFor(refusal); }},
                          beginCardPayment(transaction, shop_.cards->rules(), command_));
    }

    // Outside any transaction.
    http::Response goOn(commerce::PaymentId id, Turn turn) {
        // After a lost commit the key may name the payment that a twin of this request made.
        if (turn == Turn::again || !begun_ || begun_->id != id) return answerAgain(shop_, call_, id);
        const auto settled = shop_.cards->charge(*begun_, command_->token, command_->traceparent);
        return answerOf(call_, settled.payment, settled.completedAt);
    }

    const Shop& shop_;
    const Call& call_;
    const commerce::Valid<commerce::PayByCard>& command_;
    std::optional<commerce::Payment> begun_;
};

http::Response payByCard(const Shop& shop, const Call& call, KeyNeed need, commerce::PayByCard command) {
    if (!shop.cards) return refuse(call, noCards());
    return checked(call, std::move(command), [&](const commerce::Valid<commerce::PayByCard>& valid) {
        return CardPayment(shop, call, valid).run(need);
    });
}

http::Response pay(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    auto& root = body.root();
    const commerce::UserId user{root.integer("userId")};
    const auto method = root.optionalText("method").value_or("POINTS");
    const auto token = root.optionalText("cardToken");
    if (const auto problem = body.problem()) return refuse(call, *problem);
    if (!call.client.mayActFor(user)) return refuse(call, notFound("user"));

    const auto need = call.versioned ? KeyNeed::required : KeyNeed::optional;
    const commerce::OrderId order{call.ids[0]};
    if (method == "CARD")
        return payByCard(shop, call, need, {order, user, token.value_or(""), call.request.traceparent});
    if (method != "POINTS") return refuse(call, invalidRequest({{"/method", "must be POINTS or CARD"}}));
    if (token) return refuse(call, invalidRequest({{"/cardToken", "goes with method CARD alone"}}));
    return payByPoints(shop, call, need, {order, user, call.request.traceparent});
}

// The order is named in the body, as the published load scripts do it.
http::Response payCompatibly(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    auto& root = body.root();
    commerce::PayOrder command{.order = {root.integer("orderId")},
                               .user = {root.integer("userId")},
                               .traceparent = call.request.traceparent};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    if (!call.client.mayActFor(command.user)) return compatibleRefusal(refuse(call, notFound("user")));
    return compatibleRefusal(payByPoints(shop, call, KeyNeed::optional, std::move(command)));
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
        auto response = toResponse(
            call, kCreated,
            shop.authorizer.authorize(std::get<commerce::IdempotencyRequest>(request), valid, render));
        count(shop, commerce::PaymentMethod::authorization, response);
        return response;
    });
}

http::Response get(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto payment = shop.reader.payment({call.ids[0]});
    return payment && mayRead(call, payment->user) ? json(toJson(*payment))
                                                   : refuse(call, notFound("payment"));
}

} // namespace

void addPaymentRoutes(Router& router, const Shop& shop) {
    router.add("POST", "/api/v1/orders/{orderId}/payment", Access::client,
               [&shop](const Call& call) { return pay(shop, call); });
    router.add("POST", "/api/v1/payment", Access::client,
               [&shop](const Call& call) { return payCompatibly(shop, call); });
    router.add("POST", "/api/v1/payments/authorizations", Access::service,
               [&shop](const Call& call) { return authorize(shop, call); });
    router.add("GET", "/api/v1/payments/{paymentId}", Access::client,
               [&shop](const Call& call) { return get(shop, call); });
}

} // namespace outboxd::api
