#include "platform/core/event_id.hpp"

#include "platform/core/error.hpp"

#include <algorithm>
#include <sys/random.h>

namespace outboxd::core {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool isHyphenPlace(std::size_t place) { return place == 8 || place == 13 || place == 18 || place == 23; }

int hexValue(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

} // namespace

std::array<char, 36> EventId::chars() const {
    std::array<char, 36> out{};
    std::size_t at = 0;
    for (const auto byte : bytes) {
        if (isHyphenPlace(at)) out.at(at++) = '-';
        out.at(at++) = kHex[byte >> 4];
        out.at(at++) = kHex[byte & 15];
    }
    return out;
}

std::string EventId::text() const {
    const auto all = chars();
    return {all.begin(), all.end()};
}

std::optional<EventId> EventId::fromBinary(std::string_view raw) {
    EventId id;
    if (raw.size() != id.bytes.size()) return std::nullopt;
    std::copy(raw.begin(), raw.end(), id.bytes.begin());
    return id;
}

std::optional<EventId> EventId::fromText(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    EventId id;
    std::size_t byte = 0;
    for (std::size_t place = 0; place < text.size();) {
        if (isHyphenPlace(place)) {
            if (text[place++] != '-') return std::nullopt;
            continue;
        }
        const int high = hexValue(text[place]);
        const int low = hexValue(text[place + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        id.bytes[byte++] = static_cast<std::uint8_t>(high * 16 + low);
        place += 2;
    }
    return id;
}

EventId newEventId(const Clock& clock) {
    EventId id;
    // One call for up to 256 bytes is never interrupted and never short (getrandom(2)).
    if (getrandom(id.bytes.data(), id.bytes.size(), 0) != static_cast<ssize_t>(id.bytes.size())) {
        throw Error(ErrorKind::internal, "the kernel gave no random bytes for an event id");
    }
    const auto sinceEpoch = clock.today().time_since_epoch();
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(sinceEpoch).count();
    for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
    id.bytes[6] = static_cast<std::uint8_t>(0x70 | (id.bytes[6] & 0x0f));
    id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

} // namespace outboxd::core
