// "Did you mean": the known name that looks most like an unknown one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outboxd::config {

// Insertions, deletions, replacements and swaps of neighbours that lead from one text to the other
// (optimal string alignment distance). Letter case does not count.
std::size_t editDistance(std::string_view from, std::string_view to);

// The candidate with the smallest distance, the first of equals; empty if more than a third of the
// letters (and more than one) would have to change.
std::optional<std::string> nearest(std::string_view unknown, const std::vector<std::string>& candidates);

// "; did you mean X?" or nothing, to append to a mistake.
std::string suggestion(std::string_view unknown, const std::vector<std::string>& candidates);

} // namespace outboxd::config
