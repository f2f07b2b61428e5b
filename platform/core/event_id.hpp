// Identity of an event on the wire: a UUID version 7 (RFC 9562), so that ids sort by time of creation.
#pragma once

#include "platform/core/clock.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace outboxd::core {

struct EventId {
    std::array<std::uint8_t, 16> bytes{};

    friend auto operator<=>(const EventId&, const EventId&) = default;

    // The 16 bytes as BINARY(16) holds them.
    std::string_view binary() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
    // "018f6f2e-1d3c-7abc-8def-0123456789ab"
    std::string text() const;
    std::array<char, 36> chars() const; // the same, without an allocation

    // Empty unless `raw` is exactly 16 bytes.
    static std::optional<EventId> fromBinary(std::string_view raw);
    // Empty unless `text` has the canonical form with hyphens, either case.
    static std::optional<EventId> fromText(std::string_view text);
};

// A new id: 48 bits of Unix milliseconds, then 74 random bits from the kernel. Thread-safe.
// Throws Error(internal) if the kernel gives no random bytes.
EventId newEventId(const Clock& clock);

} // namespace outboxd::core
