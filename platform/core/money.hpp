// Money as an integer count of minor units (cents, won). There is no double and no silent wrap-around.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

namespace outboxd::core {

class Money {
public:
    constexpr Money() = default;
    constexpr explicit Money(std::int64_t minorUnits) : minorUnits_(minorUnits) {}

    constexpr std::int64_t minorUnits() const { return minorUnits_; }

    friend constexpr auto operator<=>(const Money&, const Money&) = default;

    // Empty if the result does not fit 64 bits.
    std::optional<Money> plus(Money other) const;
    std::optional<Money> minus(Money other) const;
    std::optional<Money> times(std::int64_t count) const;

private:
    std::int64_t minorUnits_ = 0;
};

} // namespace outboxd::core
