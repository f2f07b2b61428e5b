// How events are read that came back over Kafka: strictly. A field that is missing, of another type or given twice is a
// fault; fields that nobody asks for are left alone. Internal to commerce/.
#pragma once

#include "platform/core/clock.hpp"

#include <rapidjson/document.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace outboxd::commerce {

// Ends the reading of an event; whoever began it makes it an Unreadable.
struct EventFault {
    std::string reason;
};

// An object whose version is 1.
rapidjson::Document readEvent(const std::string& payload);

const rapidjson::Value& member(const rapidjson::Value& object, std::string_view name);
std::int64_t integer(const rapidjson::Value& object, std::string_view name, std::int64_t least,
                     std::int64_t most);
core::Timestamp time(const rapidjson::Value& object, std::string_view name);

template <class Id> Id idOf(const rapidjson::Value& object, std::string_view name) {
    return Id{integer(object, name, 1, std::numeric_limits<std::int64_t>::max())};
}

} // namespace outboxd::commerce
