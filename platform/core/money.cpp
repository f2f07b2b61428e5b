#include "platform/core/money.hpp"

namespace outboxd::core {

std::optional<Money> Money::plus(Money other) const {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(minorUnits_, other.minorUnits_, &sum)) return std::nullopt;
    return Money{sum};
}

std::optional<Money> Money::minus(Money other) const {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(minorUnits_, other.minorUnits_, &difference)) return std::nullopt;
    return Money{difference};
}

std::optional<Money> Money::times(std::int64_t count) const {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(minorUnits_, count, &product)) return std::nullopt;
    return Money{product};
}

} // namespace outboxd::core
