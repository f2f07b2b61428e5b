// The one source of chance of a simulated history: the same seed rolls the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace outboxd::simulation {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}

    // 0 .. sides-1
    unsigned roll(std::size_t sides) { return sides < 2 ? 0 : static_cast<unsigned>((next() >> 16) % sides); }
    bool oneIn(std::size_t sides) { return roll(sides) == 0; }
    unsigned between(unsigned least, unsigned most) { return least + roll(most - least + 1); }

private:
    std::uint64_t next() { // splitmix64
        auto z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    std::uint64_t state_;
};

} // namespace outboxd::simulation
