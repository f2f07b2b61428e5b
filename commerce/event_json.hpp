// How the shop's events are written. Internal to commerce/.
#pragma once

#include "commerce/ports.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace outboxd::commerce {

class EventJson {
public:
    EventJson() { writer_.StartObject(); }

    EventJson& field(std::string_view key, std::int64_t number) {
        name(key);
        writer_.Int64(number);
        return *this;
    }
    EventJson& field(std::string_view key, std::string_view text) {
        name(key);
        writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
        return *this;
    }
    // Not a `field`: a text would rather become a bool than a view of it.
    EventJson& flag(std::string_view key, bool value) {
        name(key);
        writer_.Bool(value);
        return *this;
    }
    EventJson& field(std::string_view key, core::Money money) { return field(key, money.minorUnits()); }
    EventJson& field(std::string_view key, core::Timestamp time) { return field(key, core::toRfc3339(time)); }
    template <class Tag> EventJson& field(std::string_view key, core::Id<Tag> id) {
        return field(key, id.value);
    }
    EventJson& numbers(std::string_view key, const std::vector<std::int64_t>& numbers) {
        name(key);
        writer_.StartArray();
        for (const auto number : numbers) writer_.Int64(number);
        writer_.EndArray();
        return *this;
    }
    EventJson& lines(const std::vector<OrderLine>& lines) {
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

    EventJson& lines(const std::vector<Pieces>& lines) {
        name("lines");
        writer_.StartArray();
        for (const auto& line : lines) {
            writer_.StartObject();
            field("productId", line.product).field("quantity", line.quantity);
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

// An event whose order key is its aggregate; `traceparent` becomes a header.
inline OutboxEvent newEvent(const core::Clock& clock, std::string aggregateType, std::int64_t aggregateId,
                            std::string type, EventJson& payload,
                            const std::optional<std::string>& traceparent) {
    OutboxEvent event;
    event.id = core::newEventId(clock);
    event.aggregateType = std::move(aggregateType);
    event.aggregateId = std::to_string(aggregateId);
    event.orderKey = event.aggregateId;
    event.type = std::move(type);
    event.payload = payload.text();
    if (traceparent) event.headers = EventJson{}.field("traceparent", *traceparent).text();
    return event;
}

} // namespace outboxd::commerce
