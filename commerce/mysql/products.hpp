// Products and their stock on one session. Statements: sql/queries/{products,stock}.sql.
#pragma once

#include "commerce/product_ports.hpp"
#include "platform/database/session.hpp"

namespace outboxd::commerce::mysql {

// Signed.
struct SlotChange {
    ProductId product;
    int slot = 0;
    std::int64_t quantity = 0;
};

class Products final : public commerce::Products {
public:
    explicit Products(database::Session& session) : session_(session) {}
    ProductId add(const Product& product) override;
    std::vector<Product> find(const std::vector<ProductId>& ids) override;
    bool take(const Product& product, std::int64_t quantity) override;
    void giveBack(const std::vector<Pieces>& pieces) override;
    bool spread(ProductId product, int slots) override;
    AdjustmentId record(const StockAdjustment& adjustment) override;

private:
    bool takeAcross(ProductId product, std::int64_t quantity);
    void change(const std::vector<SlotChange>& changes);

    database::Session& session_;
};

} // namespace outboxd::commerce::mysql
