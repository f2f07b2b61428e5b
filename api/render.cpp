#include "api/render.hpp"

namespace outboxd::api {

void write(JsonWriter& json, const commerce::User& user) {
    json.field("userId", user.id)
        .field("username", user.username)
        .field("email", user.email)
        .field("phoneNumber", user.phoneNumber)
        .field("createdAt", user.createdAt);
}

void write(JsonWriter& json, const commerce::HistoryEntry& entry) {
    json.field("historyId", entry.id)
        .field("kind", commerce::name(entry.kind))
        .field("amount", entry.amount)
        .field("balanceAfter", entry.balanceAfter)
        .field("reference", entry.reference)
        .field("at", entry.at);
}

void write(JsonWriter& json, const commerce::Product& product) {
    json.field("productId", product.id)
        .field("name", product.name)
        .field("price", product.price)
        .field("stock", product.stock);
}

void write(JsonWriter& json, const commerce::StockAdjustment& adjustment) {
    json.field("adjustmentId", adjustment.id)
        .field("productId", adjustment.product)
        .field("quantity", adjustment.quantity)
        .field("reason", adjustment.reason)
        .field("madeBy", adjustment.madeBy)
        .field("at", adjustment.at);
}

void write(JsonWriter& json, const commerce::StockSpread& spread) {
    json.field("productId", spread.product).field("slots", spread.slots);
}

namespace {

std::string_view stockState(const commerce::CartItem& item) {
    if (item.product.stock == 0) return "SOLD_OUT";
    return item.product.stock < item.quantity ? "INSUFFICIENT" : "IN_STOCK";
}

} // namespace

void write(JsonWriter& json, const commerce::Cart& cart) {
    json.field("userId", cart.user).beginList("items");
    for (const auto& item : cart.items)
        json.begin()
            .field("productId", item.product.id)
            .field("name", item.product.name)
            .field("price", item.product.price)
            .field("quantity", item.quantity)
            .field("stockState", stockState(item))
            .end();
    json.endList().field("total", cart.total);
}

void write(JsonWriter& json, const commerce::Order& order) {
    json.field("orderId", order.id)
        .field("userId", order.user)
        .field("state", commerce::name(order.state))
        .field("total", order.total)
        .field("discount", order.discount)
        .field("couponId", order.coupon)
        .field("cancelRequested", order.cancelRequested)
        .field("createdAt", order.createdAt)
        .field("expiresAt", order.expiresAt)
        .field("completedAt", order.completedAt)
        .beginList("lines");
    for (const auto& line : order.lines)
        json.begin()
            .field("productId", line.product)
            .field("quantity", line.quantity)
            .field("unitPrice", line.unitPrice)
            .end();
    json.endList();
}

void write(JsonWriter& json, const commerce::Payment& payment) {
    json.field("paymentId", payment.id)
        .field("method", commerce::name(payment.method))
        .field("state", commerce::name(payment.state))
        .field("amount", payment.amount);
    if (payment.order) json.field("orderId", *payment.order);
    if (payment.user) json.field("userId", *payment.user);
    if (payment.merchant) json.field("merchant", *payment.merchant);
    if (payment.currency) json.field("currency", *payment.currency);
    if (payment.reference) json.field("reference", *payment.reference);
    if (payment.order) json.field("refunded", payment.refunded);
    if (payment.reason) json.field("reason", *payment.reason);
    json.field("createdAt", payment.createdAt);
}

void write(JsonWriter& json, const commerce::Coupon& coupon) {
    json.field("couponId", coupon.id)
        .field("name", coupon.name)
        .field("kind", commerce::name(coupon.discount.kind))
        .field("discount", coupon.discount.value)
        .field("most", coupon.discount.most)
        .field("total", coupon.total)
        .field("issued", coupon.issued)
        .field("startsAt", coupon.startsAt)
        .field("endsAt", coupon.endsAt);
}

void write(JsonWriter& json, const commerce::HeldCoupon& coupon) {
    const auto& held = coupon.held;
    json.field("couponId", held.coupon)
        .field("name", coupon.name)
        .field("state", commerce::name(held.state))
        .field("reason", held.reason)
        .field("issuedAt", held.issuedAt)
        .field("usedAt", held.usedAt)
        .field("orderId", held.order)
        .field("endsAt", coupon.endsAt);
}

void write(JsonWriter& json, const commerce::Queued& queued) {
    const auto& claim = queued.claim;
    std::optional<std::int64_t> position;
    if (claim.state == commerce::ClaimState::waiting) position = queued.position;
    json.field("claimId", claim.id)
        .field("couponId", claim.coupon)
        .field("userId", claim.user)
        .field("state", commerce::name(claim.state))
        .field("position", position)
        .field("claimedAt", claim.at)
        .field("decidedAt", claim.decidedAt);
}

void write(JsonWriter& json, const commerce::Refund& refund) {
    json.field("refundId", refund.id)
        .field("paymentId", refund.payment)
        .field("state", commerce::name(refund.state))
        .field("origin", commerce::name(refund.origin))
        .field("amount", refund.amount)
        .field("reason", refund.reason);
    if (refund.order) json.field("orderId", *refund.order);
    if (refund.failure) json.field("failure", *refund.failure);
    json.beginList("lines");
    for (const auto& [product, quantity] : refund.lines)
        json.begin().field("productId", product).field("quantity", quantity).end();
    json.endList().field("createdAt", refund.createdAt);
}

} // namespace outboxd::api
