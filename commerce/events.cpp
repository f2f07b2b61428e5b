#include "commerce/events.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace outboxd::commerce {
namespace {

class Json {
public:
    Json() { writer_.StartObject(); }

    Json& field(std::string_view key, std::int64_t number) {
        name(key);
        writer_.Int64(number);
        return *this;
    }
    Json& field(std::string_view key, std::string_view text) {
        name(key);
        writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
        return *this;
    }
    Json& field(std::string_view key, core::Money money) { return field(key, money.minorUnits()); }
    Json& field(std::string_view key, core::Timestamp time) { return field(key, core::toRfc3339(time)); }
    template <class Tag> Json& field(std::string_view key, core::Id<Tag> id) { return field(key, id.value); }
    Json& lines(const std::vector<OrderLine>& lines) {
        name("lines");
        writer_.StartArray();
        for (const auto& line : lines) {
            writer_.StartObject();
            field("productId", line.product)
                .field("quantity", line.quantity)
                .field("unitPrice", line.unitPrice);
            writer_.EndObject();
        }
        writer_.EndArray();
        return *this;
    }

    std::string text() {
        writer_.EndObject();
        return {buffer_.GetString(), buffer_.GetSize()};
    }

private:
    void name(std::string_view key) { writer_.Key(key.data(), static_cast<rapidjson::SizeType>(key.size())); }

    rapidjson::StringBuffer buffer_;
    rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

// An event whose order key is its aggregate.
OutboxEvent event(const core::Clock& clock, std::string aggregateType, std::int64_t aggregateId,
                  std::string type, Json& payload, const std::optional<std::string>& traceparent) {
    OutboxEvent event;
    event.id = core::newEventId(clock);
    event.aggregateType = std::move(aggregateType);
    event.aggregateId = std::to_string(aggregateId);
    event.orderKey = event.aggregateId;
    event.type = std::move(type);
    event.payload = payload.text();
    if (traceparent) event.headers = Json{}.field("traceparent", *traceparent).text();
    return event;
}

} // namespace

OutboxEvent pointsCharged(const core::Clock& clock, const Charged& charged,
                          const std::optional<std::string>& traceparent) {
    Json payload;
    payload.field("version", 1)
        .field("userId", charged.user)
        .field("amount", charged.amount)
        .field("balance", charged.balance)
        .field("chargedAt", clock.today());
    return event(clock, "point_account", charged.user.value, "PointsCharged", payload, traceparent);
}

OutboxEvent orderPlaced(const core::Clock& clock, const Order& order,
                        const std::optional<std::string>& traceparent) {
    Json payload;
    payload.field("version", 1)
        .field("orderId", order.id)
        .field("userId", order.user)
        .field("total", order.total)
        .lines(order.lines)
        .field("placedAt", order.createdAt)
        .field("expiresAt", order.expiresAt);
    return event(clock, "order", order.id.value, "OrderPlaced", payload, traceparent);
}

OutboxEvent paymentCompleted(const core::Clock& clock, const Order& order, const Payment& payment,
                             const std::optional<std::string>& traceparent) {
    Json payload;
    payload.field("version", 1)
        .field("orderId", order.id)
        .field("paymentId", payment.id)
        .field("userId", order.user)
        .field("method", name(payment.method))
        .field("amount", payment.amount)
        .lines(order.lines)
        .field("completedAt", payment.createdAt);
    return event(clock, "order", order.id.value, "PaymentCompleted", payload, traceparent);
}

OutboxEvent paymentAuthorized(const core::Clock& clock, const Payment& payment,
                              const std::optional<std::string>& traceparent) {
    Json payload;
    payload.field("version", 1)
        .field("paymentId", payment.id)
        .field("merchant", payment.merchant.value())
        .field("amount", payment.amount)
        .field("currency", payment.currency.value())
        .field("reference", payment.reference.value())
        .field("authorizedAt", payment.createdAt);
    return event(clock, "payment", payment.id.value, "PaymentAuthorized", payload, traceparent);
}

} // namespace outboxd::commerce
