// Making products. Reading them: shop_reader.hpp.
#pragma once

#include "commerce/model.hpp"
#include "commerce/ports.hpp"
#include "commerce/valid.hpp"

namespace outboxd::commerce {

struct CreateProduct {
    std::string name;        // /name, 1 to 200 characters
    core::Money price;       // /price, 0 to 10^15
    std::int64_t stock = 0;  // /stock, 0 to 10^12
    std::string madeBy = {}; // the client's scope

    void check(Problems& problems) const;
};

// The product and the first entry of its stock's history.
Product createProduct(Transaction& transaction, const Valid<CreateProduct>& command);

} // namespace outboxd::commerce
