#include "commerce/card_rules.hpp"

#include <algorithm>

namespace outboxd::commerce {
namespace {

// splitmix64: neighbours come out far apart.
std::uint64_t scattered(std::uint64_t number) {
    number += 0x9e3779b97f4a7c15U;
    number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
    number = (number ^ (number >> 27U)) * 0x94d049bb133111ebU;
    return number ^ (number >> 31U);
}

} // namespace

core::Timestamp CardRules::nextInquiry(std::int64_t id, std::int64_t inquiries, core::Timestamp now) const {
    constexpr std::int64_t mostDoublings = 20;
    const auto doublings = std::clamp<std::int64_t>(inquiries, 0, mostDoublings);
    const auto pause =
        std::min<std::chrono::microseconds>(firstInquiry * (std::int64_t{1} << doublings), longestInquiry);
    const auto half = static_cast<std::uint64_t>(pause.count() / 2);
    const auto spread =
        scattered(static_cast<std::uint64_t>(id) * 31 + static_cast<std::uint64_t>(doublings)) % (half + 1);
    return now + std::chrono::microseconds{static_cast<std::int64_t>(half + spread)};
}

} // namespace outboxd::commerce
