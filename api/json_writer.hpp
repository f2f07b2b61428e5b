// Writes the JSON of answers: names in camelCase, money in minor units, times in RFC 3339, UTC.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/core/ids.hpp"
#include "platform/core/money.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <string>
#include <string_view>

namespace outboxd::api {

class JsonWriter {
public:
    JsonWriter& begin() { return (writer_.StartObject(), *this); }
    JsonWriter& end() { return (writer_.EndObject(), *this); }
    JsonWriter& beginList(std::string_view name) { return (key(name), writer_.StartArray(), *this); }
    JsonWriter& endList() { return (writer_.EndArray(), *this); }

    JsonWriter& field(std::string_view name, std::int64_t number) {
        return (key(name), writer_.Int64(number), *this);
    }
    // Constrained, since a pointer would become a truth value, too.
    template <std::same_as<bool> Truth> JsonWriter& field(std::string_view name, Truth truth) {
        return (key(name), writer_.Bool(truth), *this);
    }
    JsonWriter& field(std::string_view name, std::string_view text) {
        return (key(name), writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size())), *this);
    }
    JsonWriter& field(std::string_view name, core::Money money) { return field(name, money.minorUnits()); }
    JsonWriter& field(std::string_view name, core::Timestamp time) {
        return field(name, std::string_view{core::toRfc3339(time)});
    }
    template <class Tag> JsonWriter& field(std::string_view name, core::Id<Tag> id) {
        return field(name, id.value);
    }
    // null if empty
    template <class Value> JsonWriter& field(std::string_view name, const std::optional<Value>& value) {
        if (value) return field(name, *value);
        return (key(name), writer_.Null(), *this);
    }

    JsonWriter& item(std::int64_t number) { return (writer_.Int64(number), *this); }
    JsonWriter& item(std::string_view text) {
        return (writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size())), *this);
    }
    // `json` is a value as it stands.
    JsonWriter& json(std::string_view name, std::string_view json) {
        key(name);
        writer_.RawValue(json.data(), json.size(), rapidjson::kObjectType);
        return *this;
    }

    std::string text() const { return {buffer_.GetString(), buffer_.GetSize()}; }

private:
    void key(std::string_view name) {
        writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    }

    rapidjson::StringBuffer buffer_;
    rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

} // namespace outboxd::api
