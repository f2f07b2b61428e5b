// The stock of a product over its slots, put right. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace outboxd::commerce::reconcile {

// The quantities of the slots so that they sum up to `total` and none is below 0, with as little moved as possible: what is
// missing goes to the first slot, what is too much is taken from the first ones. Empty if there is no such thing.
std::optional<std::vector<std::int64_t>> spread(std::vector<std::int64_t> slots, std::int64_t total);

} // namespace outboxd::commerce::reconcile
