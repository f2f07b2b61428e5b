#include "sql/products.hpp"
#include "commerce/mysql/products.hpp"
#include "commerce/mysql/rows.hpp"
#include "sql/stock.hpp"

#include "platform/core/error.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <random>

namespace outboxd::commerce::mysql {
namespace {

std::string jsonListOf(const std::vector<SlotChange>& changes) {
    std::string list;
    for (const auto& change : changes) {
        list += fmt::format("{}[{},{},{}]", list.empty() ? "" : ",", change.product.value, change.slot,
                            change.quantity);
    }
    return "[" + list + "]";
}

std::string jsonListOf(const std::vector<ProductId>& ids) {
    std::string list;
    for (const auto id : ids) list += fmt::format("{}{}", list.empty() ? "" : ",", id.value);
    return "[" + list + "]";
}

// Buyers of one hot product must not queue up at the same slot.
int anySlotOf(int slots) {
    if (slots == 1) return 0;
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::uniform_int_distribution<int>{0, slots - 1}(random);
}

} // namespace

StockAdjustment adjustmentFrom(const database::Row& row) {
    return {.id = row.id<AdjustmentId>(0),
            .product = row.id<ProductId>(1),
            .quantity = row.integer(2),
            .reason = row.bytes(3),
            .madeBy = row.bytes(4),
            .at = row.time(5)};
}

Product productFrom(const database::Row& row) {
    return {.id = row.id<ProductId>(0),
            .name = row.bytes(1),
            .price = row.money(2),
            .stock = row.integer(4),
            .version = row.integer(3),
            .slots = static_cast<int>(row.integer(5))};
}

ProductId Products::add(const Product& product) {
    session_.execute(sql::products::insert_product, {product.name, product.price});
    const ProductId id{session_.lastInsertId()};
    session_.execute(sql::stock::insert_first_slot, {id, product.stock});
    return id;
}

std::vector<Product> Products::find(const std::vector<ProductId>& ids) {
    std::vector<Product> products;
    for (const auto& row : session_.query(sql::products::products_by_ids, {jsonListOf(ids)})) {
        products.push_back(productFrom(row));
    }
    return products;
}

bool Products::take(const Product& product, std::int64_t quantity) {
    // Even with all that others are about to take there was too little: nobody needs to be waited for to say so. When
    // everybody asks for the last pieces, a crowd that locks slots only to be refused would end in deadlocks.
    if (product.stock < quantity) return false;
    const auto slot = anySlotOf(product.slots);
    if (session_.execute(sql::stock::take_from_slot, {quantity, product.id, slot, quantity}) == 1)
        return true;
    if (product.slots > 1 &&
        session_.execute(sql::stock::take_from_any_slot, {quantity, product.id, quantity}) == 1)
        return true;
    return takeAcross(product.id, quantity);
}

// No slot had enough when it was looked at; only with all of them locked can it be said that there is too little.
bool Products::takeAcross(ProductId product, std::int64_t quantity) {
    std::vector<SlotChange> changes;
    for (const auto& row : session_.query(sql::stock::lock_slots, {product})) {
        const auto taken = std::min(quantity, row.integer(1));
        if (taken == 0) continue;
        changes.push_back({product, static_cast<int>(row.integer(0)), -taken});
        quantity -= taken;
    }
    if (quantity > 0) return false;
    change(changes);
    return true;
}

void Products::giveBack(const std::vector<Pieces>& pieces) {
    std::map<ProductId, int> slots;
    std::vector<ProductId> ids;
    for (const auto& one : pieces) ids.push_back(one.product);
    for (const auto& row : session_.query(sql::stock::slots_of_products, {jsonListOf(ids)}))
        slots[row.id<ProductId>(0)] = static_cast<int>(row.integer(1));

    std::vector<SlotChange> changes;
    for (const auto& [product, quantity] : pieces) {
        const auto found = slots.find(product);
        if (found == slots.end())
            throw core::Error(core::ErrorKind::internal, "pieces of no product came back");
        changes.push_back({product, anySlotOf(found->second), quantity});
    }
    change(changes);
}

bool Products::spread(ProductId product, int slots) {
    if (session_.execute(sql::stock::set_slots, {slots, product}) == 0) return false;
    std::int64_t sum = 0;
    for (const auto& row : session_.query(sql::stock::lock_slots, {product})) sum += row.integer(1);
    std::string list;
    for (int slot = 0; slot < slots; ++slot)
        list +=
            fmt::format("{}[{},{}]", slot == 0 ? "" : ",", slot, sum / slots + (slot < sum % slots ? 1 : 0));
    session_.execute(sql::stock::put_slots, {product, "[" + list + "]"});
    session_.execute(sql::stock::remove_slots, {product, slots});
    return true;
}

AdjustmentId Products::record(const StockAdjustment& adjustment) {
    session_.execute(sql::stock::insert_adjustment, {adjustment.product, adjustment.quantity,
                                                     adjustment.reason, adjustment.madeBy, adjustment.at});
    return AdjustmentId{session_.lastInsertId()};
}

void Products::change(const std::vector<SlotChange>& changes) {
    if (session_.execute(sql::stock::change_slots, {jsonListOf(changes)}) != changes.size()) {
        throw core::Error(core::ErrorKind::contention, "stock was spread over fewer slots meanwhile");
    }
}

} // namespace outboxd::commerce::mysql
