#include "sql/products.hpp"
#include "commerce/mysql/rows.hpp"
#include "commerce/mysql/transaction.hpp"

#include <fmt/format.h>

namespace outboxd::commerce::mysql {

Product productFrom(const database::Row& row) {
    return {.id = row.id<ProductId>(0),
            .name = row.bytes(1),
            .price = row.money(2),
            .stock = row.integer(4),
            .version = row.integer(3)};
}

ProductId Products::add(const Product& product) {
    session_.execute(sql::products::insert_product, {product.name, product.price});
    const ProductId id{session_.lastInsertId()};
    session_.execute(sql::products::insert_stock, {id, product.stock});
    return id;
}

std::vector<Product> Products::find(const std::vector<ProductId>& ids) {
    std::string list;
    for (const auto id : ids) list += fmt::format("{}{}", list.empty() ? "" : ",", id.value);
    std::vector<Product> products;
    for (const auto& row : session_.query(sql::products::products_by_ids, {"[" + list + "]"})) {
        products.push_back(productFrom(row));
    }
    return products;
}

bool Products::take(ProductId product, std::int64_t quantity) {
    return session_.execute(sql::products::take_stock, {quantity, product, quantity}) == 1;
}

} // namespace outboxd::commerce::mysql
