// Stock as those who fill the shelves see it. Selling: orders.hpp.
#pragma once

#include "commerce/orders.hpp"

#include <variant>

namespace outboxd::commerce {

// Spreads the stock of a product over slots, so that many buyers at once do not wait for one row.
struct SpreadStock {
    ProductId product;
    std::int64_t slots = 1; // /slots, 1 to 64

    void check(Problems& problems) const;
};
struct StockSpread {
    ProductId product;
    std::int64_t slots = 1;
};
using SpreadStockResult = std::variant<StockSpread, ProductNotFound>;
SpreadStockResult spreadStock(Transaction& transaction, const Valid<SpreadStock>& command);

// Goods came in, were lost, or were counted.
struct AdjustStock {
    ProductId product;
    std::int64_t quantity = 0; // /quantity, signed, not 0, at most 10^12 either way
    std::string reason;        // /reason, 1 to 191 characters
    std::string madeBy;        // the client's scope

    void check(Problems& problems) const;
};
using AdjustStockResult = std::variant<StockAdjustment, ProductNotFound, OutOfStock>;
// Stock and its history. A refusal needs the transaction rolled back: rows may have been written.
AdjustStockResult adjustStock(Transaction& transaction, const Valid<AdjustStock>& command);

} // namespace outboxd::commerce
