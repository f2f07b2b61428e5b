#include "commerce/mysql/reconcile/checks.hpp"
#include "commerce/reconcile/stock_spread.hpp"
#include "sql/reconcile.hpp"

#include <fmt/format.h>

namespace outboxd::commerce::mysql::reconcile {

Mending mendStock(database::Session& session, commerce::mysql::Transaction&, const Books&,
                  const Finding& finding) {
    const auto product = numberOf(finding);
    std::vector<std::int64_t> numbers, quantities;
    for (const auto& row : session.query(sql::reconcile::lock_slots, {product})) {
        numbers.push_back(row.integer(0));
        quantities.push_back(row.integer(1));
    }
    const auto total =
        session.query(sql::reconcile::stock_of_history, {product, product, product}).front().integer(0);
    const auto right = commerce::reconcile::spread(quantities, total);
    if (!right) {
        return ForPerson{fmt::format("by its history the stock is {}{}: count it, and adjust it", total,
                                     quantities.empty() ? ", and there is no slot for it" : "")};
    }
    if (*right == quantities) return AllRight{};
    for (std::size_t i = 0; i < numbers.size(); ++i)
        if ((*right)[i] != quantities[i])
            session.execute(sql::reconcile::set_slot, {(*right)[i], product, numbers[i]});
    return Mended{
        fmt::format("slots {} -> {}, {} in all", fmt::join(quantities, "+"), fmt::join(*right, "+"), total)};
}

} // namespace outboxd::commerce::mysql::reconcile
