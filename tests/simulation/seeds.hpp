// Which histories a test goes through.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace outboxd::simulation {

inline constexpr std::uint64_t kSeeds = 10'000;

inline std::uint64_t numberFrom(const char* variable, std::uint64_t otherwise) {
    const auto* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

} // namespace outboxd::simulation
