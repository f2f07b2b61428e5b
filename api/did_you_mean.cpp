#include "api/did_you_mean.hpp"

#include <algorithm>
#include <numeric>

namespace outboxd::api {

namespace {

constexpr std::size_t kLongest = 64; // longer names get no suggestion: the cost is quadratic

// Levenshtein's distance, one row at a time.
std::size_t distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const auto substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
        }
    }
    return row[right.size()];
}

} // namespace

std::string unknownName(std::string_view name, const std::vector<std::string_view>& known) {
    std::string text = "is not known here";
    if (name.size() > kLongest) return text;
    std::string_view best;
    std::size_t least = 3;
    for (const auto candidate : known) {
        const auto edits = distance(name, candidate);
        if (edits < least && edits < candidate.size()) {
            least = edits;
            best = candidate;
        }
    }
    if (!best.empty()) text.append("; did you mean ").append(best).append("?");
    return text;
}

} // namespace outboxd::api
