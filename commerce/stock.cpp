#include "commerce/stock.hpp"

namespace outboxd::commerce {
namespace {

constexpr std::int64_t kMostSlots = 64;
constexpr std::int64_t kMostAtOnce = 1'000'000'000'000;

} // namespace

void SpreadStock::check(Problems& problems) const { problems.range("/slots", slots, 1, kMostSlots); }

SpreadStockResult spreadStock(Transaction& transaction, const Valid<SpreadStock>& command) {
    if (!transaction.products().spread(command->product, static_cast<int>(command->slots)))
        return ProductNotFound{command->product};
    return StockSpread{command->product, command->slots};
}

void AdjustStock::check(Problems& problems) const {
    if (quantity == 0) problems.add("/quantity", "must not be 0");
    problems.range("/quantity", quantity, -kMostAtOnce, kMostAtOnce);
    problems.length("/reason", reason, 1, 191);
}

AdjustStockResult adjustStock(Transaction& transaction, const Valid<AdjustStock>& command) {
    auto& products = transaction.products();
    const auto found = products.find({command->product});
    if (found.empty()) return ProductNotFound{command->product};
    StockAdjustment adjustment{.id = {},
                               .product = command->product,
                               .quantity = command->quantity,
                               .reason = command->reason,
                               .madeBy = command->madeBy,
                               .at = transaction.clock().today()};
    adjustment.id = products.record(adjustment);
    if (command->quantity > 0) {
        products.giveBack({{command->product, command->quantity}});
    } else if (!products.take(found.front(), -command->quantity)) {
        const auto seen = products.find({command->product});
        return OutOfStock{command->product, -command->quantity, seen.empty() ? 0 : seen.front().stock};
    }
    return adjustment;
}

} // namespace outboxd::commerce
