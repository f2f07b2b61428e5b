// What the rules need of the place where products and their stock live; see ports.hpp.
#pragma once

#include "commerce/model.hpp"

#include <vector>

namespace outboxd::commerce {

class Products {
public:
    virtual ~Products() = default;
    // With its stock in one slot. `product.id` and `slots` are ignored.
    virtual ProductId add(const Product& product) = 0;
    // Those of `ids` that exist, by id, without lock. Their stock is what was committed when the call ran.
    virtual std::vector<Product> find(const std::vector<ProductId>& ids) = 0;
    // Takes `quantity` off the stock if there is as much in all slots together, and locks what it took from
    // until the end of the transaction. False: nothing taken. Never leaves a negative stock.
    // `product`: as found in this transaction; that its slots changed since does no harm.
    virtual bool take(const Product& product, std::int64_t quantity) = 0;
    // Adds to the stock of existing products, by product id, each named once. Locks what it adds to.
    virtual void giveBack(const std::vector<Pieces>& pieces) = 0;
    // Spreads the stock evenly over so many slots; locks the product and all of them. False if there is no product.
    virtual bool spread(ProductId product, int slots) = 0;
    // Remembers a change of stock that is no order's. `adjustment.id` is ignored. The product exists.
    virtual AdjustmentId record(const StockAdjustment& adjustment) = 0;
};

} // namespace outboxd::commerce
