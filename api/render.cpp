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

void write(JsonWriter& json, const commerce::Order& order) {
    json.field("orderId", order.id)
        .field("userId", order.user)
        .field("state", commerce::name(order.state))
        .field("total", order.total)
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
    json.field("createdAt", payment.createdAt);
}

} // namespace outboxd::api
