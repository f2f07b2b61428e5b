// Row identities that the compiler keeps apart: an OrderId is never a UserId.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace outboxd::core {

// A database row's number. Default-constructed it is 0, which no row has.
template <class Tag> struct Id {
    std::int64_t value = 0;

    friend auto operator<=>(const Id&, const Id&) = default;
};

} // namespace outboxd::core

template <class Tag> struct std::hash<outboxd::core::Id<Tag>> {
    std::size_t operator()(const outboxd::core::Id<Tag>& id) const noexcept {
        return std::hash<std::int64_t>{}(id.value);
    }
};
