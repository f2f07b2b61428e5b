#include "platform/core/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace outboxd::core {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t factor;
};

constexpr std::array<Unit, 5> kTimes{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizes{{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};
constexpr std::string_view kTooLarge = "is too large";

template <std::size_t count>
std::variant<std::int64_t, Unreadable> parse(std::string_view text, const std::array<Unit, count>& units,
                                             std::string_view missing, const std::string& expected) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + digits, number);
    if (problem == std::errc::result_out_of_range) return Unreadable{std::string{kTooLarge}};
    if (problem != std::errc{}) return Unreadable{expected};
    auto unit = text.substr(digits);
    if (unit.empty()) unit = missing;
    if (unit.empty()) return Unreadable{"has no unit; " + expected.substr(expected.find("write"))};
    for (const auto& [name, factor] : units) {
        if (unit != name) continue;
        std::int64_t product = 0;
        if (__builtin_mul_overflow(number, factor, &product)) return Unreadable{std::string{kTooLarge}};
        return product;
    }
    return Unreadable{expected};
}

template <std::size_t count> std::string format(std::int64_t number, const std::array<Unit, count>& units) {
    for (const auto& [name, factor] : units) {
        if (number != 0 && number % factor == 0) return std::to_string(number / factor) + std::string{name};
    }
    return std::to_string(number) + std::string{units.back().name};
}

} // namespace

std::variant<std::int64_t, Unreadable> parseInteger(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem == std::errc::result_out_of_range) return Unreadable{std::string{kTooLarge}};
    if (problem != std::errc{} || end != text.data() + text.size())
        return Unreadable{"is not a whole number"};
    return number;
}

std::variant<std::chrono::milliseconds, Unreadable> parseDuration(std::string_view text) {
    const auto parsed =
        parse(text, kTimes, "", "is not a duration; write a whole number and ms, s, m, h or d, like 50ms");
    if (const auto* number = std::get_if<std::int64_t>(&parsed)) return std::chrono::milliseconds{*number};
    return std::get<Unreadable>(parsed);
}

std::string formatDuration(std::chrono::milliseconds duration) { return format(duration.count(), kTimes); }

std::variant<ByteSize, Unreadable> parseSize(std::string_view text) {
    const auto parsed =
        parse(text, kSizes, "B", "is not a size; write a whole number and B, KiB, MiB or GiB, like 64KiB");
    if (const auto* number = std::get_if<std::int64_t>(&parsed)) return ByteSize{*number};
    return std::get<Unreadable>(parsed);
}

std::string formatSize(ByteSize size) { return format(size.bytes, kSizes); }

std::variant<std::int64_t, Unreadable> parsePercentage(std::string_view text) {
    const auto point = std::min(text.find('.'), text.size());
    const auto whole = text.substr(0, point);
    const auto decimals = text.substr(std::min(point + 1, text.size()));
    const auto isNumber = [](std::string_view digits, std::size_t most) {
        return !digits.empty() && digits.size() <= most &&
               std::ranges::all_of(digits, [](char digit) { return digit >= '0' && digit <= '9'; });
    };
    if (!isNumber(whole, 9) || (point != text.size() && !isNumber(decimals, 2)))
        return Unreadable{"is not a percentage; write a number with at most two decimals, like 1.25"};
    auto digits = std::string{whole} + std::string{decimals};
    digits.append(2 - decimals.size(), '0');
    return parseInteger(digits);
}

std::string formatPercentage(std::int64_t hundredths) {
    auto text = std::to_string(hundredths / 100);
    if (hundredths % 100 == 0) return text;
    text += '.' + std::to_string(hundredths % 100 / 10);
    if (hundredths % 10 != 0) text += std::to_string(hundredths % 10);
    return text;
}

} // namespace outboxd::core
