#include "commerce/refunds.hpp"
#include "api/handlers/handlers.hpp"
#include "api/handlers/support.hpp"
#include "api/idempotent.hpp"
#include "api/json_body.hpp"
#include "api/render.hpp"

#include <optional>

namespace outboxd::api {

namespace {

constexpr Success kCreated{201, "/api/v1/refunds", "refundId"};

// The answer to a refund on a card, now and whenever the key asks again, is what became of it.
http::Response answerOf(const Call& call, const commerce::Refund& refund) {
    using enum commerce::RefundState;
    if (refund.state == failed) return refuse(call, refundDeclined(refund.failure));
    auto response = json(toJson(refund));
    response.status = refund.state == succeeded ? kCreated.status : 202;
    response.headers.add("Location", std::string{kCreated.location} + "/" + std::to_string(refund.id.value));
    return response;
}

class RefundRequest {
public:
    RefundRequest(const Shop& shop, const Call& call, const commerce::Valid<commerce::RequestRefund>& command)
        : shop_(shop), call_(call), command_(command) {}

    http::Response run() {
        auto response = runOutside(
            shop_, call_, KeyNeed::required, kCreated,
            [this](commerce::Transaction& transaction) { return begin(transaction); },
            [this](const commerce::Underway& underway, Turn turn) {
                return goOn(std::get<commerce::RefundId>(underway), turn);
            });
        const bool done = begun_ && begun_->state == commerce::RefundState::succeeded;
        if (shop_.watch && done && response.status == kCreated.status) shop_.watch->moved(*begun_);
        return response;
    }

private:
    using Result = std::variant<std::string, http::Problem, commerce::Underway>;

    Result begin(commerce::Transaction& transaction) {
        begun_.reset();
        return std::visit(Overloaded{[&](const commerce::Refund& refund) -> Result { return begun(refund); },
                                     [](const auto& refusal) -> Result { return problemFor(refusal); }},
                          requestRefund(transaction, rules(), command_));
    }

    Result begun(const commerce::Refund& refund) {
        const bool done = refund.state == commerce::RefundState::succeeded;
        if (!done && !shop_.cards) return noCards();
        begun_ = refund;
        if (done) return toJson(refund);
        return commerce::Underway{refund.id};
    }

    // Outside any transaction.
    http::Response goOn(commerce::RefundId id, Turn turn) {
        // After a lost commit the key may name the refund that a twin of this request made.
        if (turn == Turn::again || !begun_ || begun_->id != id)
            return answerOf(call_, shop_.reader.refund(id).value());
        return answerOf(call_, shop_.cards->refund(*begun_, command_->traceparent));
    }

    commerce::CardRules rules() const { return shop_.cards ? shop_.cards->rules() : commerce::CardRules{}; }

    const Shop& shop_;
    const Call& call_;
    const commerce::Valid<commerce::RequestRefund>& command_;
    std::optional<commerce::Refund> begun_;
};

http::Response create(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonBody body(call.request);
    auto& root = body.root();
    commerce::RequestRefund command;
    command.payment = {call.ids[0]};
    if (const auto amount = root.optionalInteger("amount")) command.amount = core::Money{*amount};
    command.reason = root.text("reason");
    root.optionalObjects("lines", [&](JsonObject& line) {
        command.lines.push_back({{line.integer("productId")}, line.integer("quantity")});
    });
    command.traceparent = call.request.traceparent;
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return checked(call, std::move(command), [&](const commerce::Valid<commerce::RequestRefund>& valid) {
        return RefundRequest(shop, call, valid).run();
    });
}

http::Response list(const Shop& shop, const Call& call) {
    Query query(call.request);
    const auto page = query.page();
    if (const auto problem = query.problem()) return refuse(call, *problem);
    const auto payment = shop.reader.payment({call.ids[0]});
    if (!payment || !mayRead(call, payment->user)) return refuse(call, notFound("payment"));
    return json(toJson(shop.reader.refunds(payment->id, page)));
}

http::Response get(const Shop& shop, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto refund = shop.reader.refund({call.ids[0]});
    return refund && mayRead(call, refund->user) ? json(toJson(*refund)) : refuse(call, notFound("refund"));
}

} // namespace

void addRefundRoutes(Router& router, const Shop& shop) {
    // Giving money back is up to the shop: whoever acts for one user does not do it.
    router.add("POST", "/api/v1/payments/{paymentId}/refunds", Access::service,
               [&shop](const Call& call) { return create(shop, call); });
    router.add("GET", "/api/v1/payments/{paymentId}/refunds", Access::client,
               [&shop](const Call& call) { return list(shop, call); });
    router.add("GET", "/api/v1/refunds/{refundId}", Access::client,
               [&shop](const Call& call) { return get(shop, call); });
}

} // namespace outboxd::api
