#include "commerce/reconcile/stock_spread.hpp"

#include <algorithm>

namespace outboxd::commerce::reconcile {

std::optional<std::vector<std::int64_t>> spread(std::vector<std::int64_t> slots, std::int64_t total) {
    if (slots.empty() || total < 0) return std::nullopt;
    auto left = total;
    for (auto& quantity : slots) {
        quantity = std::max<std::int64_t>(quantity, 0);
        left -= quantity;
    }
    if (left > 0) slots.front() += left;
    for (auto slot = slots.begin(); left < 0; ++slot) {
        const auto taken = std::min(*slot, -left);
        *slot -= taken;
        left += taken;
    }
    return slots;
}

} // namespace outboxd::commerce::reconcile
