// "Did you mean": the known name that looks most like an unknown one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace outboxd::core {

// Insertions, deletions, replacements and swaps of neighbours that lead from one text to the other
// (optimal string alignment distance). Letter case does not count. The cost is the product of the lengths.
std::size_t editDistance(std::string_view from, std::string_view to);

// The candidate with the smallest distance, the first of equals; empty if more than a third of the
// letters (and more than one) would have to change, or if the unknown name is too long to be a slip.
// `candidates`: a range of strings or string views.
template <class Candidates>
std::optional<std::string> nearest(std::string_view unknown, const Candidates& candidates) {
    constexpr std::size_t longest = 128;
    if (unknown.size() > longest) return std::nullopt;
    std::optional<std::string> best;
    std::size_t bound = std::max<std::size_t>(1, unknown.size() / 3) + 1;
    for (const auto& candidate : candidates) {
        const auto distance = editDistance(unknown, candidate);
        if (distance < bound) {
            best = candidate;
            bound = distance;
        }
    }
    return best;
}

// "; did you mean X?" or nothing, to append to a mistake.
template <class Candidates> std::string suggestion(std::string_view unknown, const Candidates& candidates) {
    const auto found = nearest(unknown, candidates);
    return found ? "; did you mean " + *found + "?" : std::string{};
}

} // namespace outboxd::core
