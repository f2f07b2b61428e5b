#include "sql/compensations.hpp"
#include "commerce/mysql/give_back_ports.hpp"

#include <fmt/format.h>

#include <set>

namespace outboxd::commerce::mysql {

std::vector<Compensation> Compensations::add(OrderId order, const std::vector<Compensation>& wanted) {
    // The order is locked, so nobody adds to its keys between the two statements.
    std::set<std::string> known;
    for (const auto& row : session_.query(sql::compensations::keys_of_order, {order}))
        known.insert(row.bytes(0));
    std::vector<Compensation> added;
    std::string list;
    for (const auto& one : wanted) {
        if (!known.insert(one.key).second) continue;
        const auto quantity = one.quantity ? std::to_string(*one.quantity) : "null";
        list += fmt::format(R"({}["{}","{}",{},{},"{}"])", list.empty() ? "" : ",", one.key, name(one.target),
                            one.targetId, quantity, name(one.state));
        added.push_back(one);
    }
    if (!added.empty()) session_.execute(sql::compensations::insert_compensations, {order, "[" + list + "]"});
    return added;
}

bool Compensations::complete(const std::string& key) {
    return session_.execute(sql::compensations::complete_compensation, {key}) == 1;
}

} // namespace outboxd::commerce::mysql
