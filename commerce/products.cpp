#include "commerce/products.hpp"

namespace outboxd::commerce {

void CreateProduct::check(Problems& problems) const {
    problems.length("/name", name, 1, 200);
    problems.range("/price", price, core::Money{0}, kMostAmount);
    problems.range("/stock", stock, 0, 1'000'000'000'000);
}

Product createProduct(Transaction& transaction, const Valid<CreateProduct>& command) {
    Product product{
        .id = {}, .name = command->name, .price = command->price, .stock = command->stock, .version = 0};
    product.id = transaction.products().add(product);
    transaction.products().record({.id = {},
                                   .product = product.id,
                                   .quantity = product.stock,
                                   .reason = "first stock",
                                   .madeBy = command->madeBy,
                                   .at = transaction.clock().today()});
    return product;
}

} // namespace outboxd::commerce
