// The stable names of enumerations. Internal to commerce/.
#pragma once

#include "platform/core/error.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace outboxd::commerce {

template <class Enum, std::size_t N> using Names = std::array<std::pair<Enum, std::string_view>, N>;

template <class Enum, std::size_t N> std::string_view nameIn(const Names<Enum, N>& names, Enum value) {
    for (const auto& [known, name] : names) {
        if (known == value) return name;
    }
    throw core::Error(core::ErrorKind::internal, "an enumeration holds a value that it does not have");
}

template <class Enum, std::size_t N>
Enum valueIn(const Names<Enum, N>& names, std::string_view wanted, std::string_view what) {
    for (const auto& [value, name] : names) {
        if (name == wanted) return value;
    }
    throw core::Error(core::ErrorKind::invalid_data,
                      std::string{what} + " \"" + std::string{wanted} + "\" is not known",
                      "the row was written by a newer version or by hand");
}

} // namespace outboxd::commerce
