// How numbers with a unit are written in the configuration and in schedules.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace outboxd::core {

struct ByteSize {
    std::int64_t bytes = 0;

    friend auto operator<=>(const ByteSize&, const ByteSize&) = default;
};

constexpr ByteSize kibibytes(std::int64_t count) { return {count * 1024}; }
constexpr ByteSize mebibytes(std::int64_t count) { return {count * 1024 * 1024}; }

// Why a text is not what it should be: the rest of a sentence that starts with the text itself.
struct Unreadable {
    std::string why;
};

// Decimal digits with an optional minus sign, within 64 bits.
std::variant<std::int64_t, Unreadable> parseInteger(std::string_view text);

// A whole number and one of ms, s, m, h, d without a space: "50ms", "10m". The unit is never guessed.
std::variant<std::chrono::milliseconds, Unreadable> parseDuration(std::string_view text);
// In the largest unit that divides it: 90000 ms is "90s", 86400000 ms is "1d".
std::string formatDuration(std::chrono::milliseconds duration);

// A whole number and one of B, KiB, MiB, GiB without a space; a bare number counts bytes.
std::variant<ByteSize, Unreadable> parseSize(std::string_view text);
std::string formatSize(ByteSize size);

// A percentage with at most two decimals, without its sign, as hundredths: "1.25" is 125.
std::variant<std::int64_t, Unreadable> parsePercentage(std::string_view text);
// As short as it can be: 150 is "1.5".
std::string formatPercentage(std::int64_t hundredths);

} // namespace outboxd::core
