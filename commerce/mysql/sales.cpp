#include "commerce/mysql/sales.hpp"

#include "sql/sales.hpp"

#include <fmt/format.h>

#include <iterator>
#include <map>

namespace outboxd::commerce::mysql {
namespace {

using ById = std::map<core::EventId, const Sale*>;

std::string jsonOf(const ById& sales) {
    std::string ids = "[";
    for (const auto& [id, sale] : sales) ids += (ids.size() > 1 ? ",\"" : "\"") + id.text() + "\"";
    return ids + "]";
}

// "2026-11-21 05:00:00"
std::string hourText(Hour hour) { return database::toDateTime(hour).substr(0, 19); }

// One entry per hour and product, in the order in which the rows are locked; empty if nothing changes.
std::string changesOf(const ById& sales) {
    std::map<std::pair<Hour, ProductId>, std::int64_t> changes;
    for (const auto& [id, sale] : sales)
        for (const auto& line : sale->lines) changes[{sale->hour, line.product}] += line.quantity;
    std::string json;
    for (const auto& [place, quantity] : changes)
        fmt::format_to(std::back_inserter(json), "{}[\"{}\",{},{}]", json.empty() ? "" : ",",
                       hourText(place.first), place.second.value, quantity);
    return json.empty() ? json : "[" + json + "]";
}

std::size_t addNew(database::Session& session, ById sales) {
    for (const auto& row : session.query(sql::sales::known_events, {jsonOf(sales), kRanking}))
        sales.erase(core::EventId::fromBinary(row.bytes(0)).value());
    if (sales.empty()) return 0;
    session.execute(sql::sales::add_events, {kRanking, jsonOf(sales)});
    if (const auto changes = changesOf(sales); !changes.empty())
        session.execute(sql::sales::add_sales, {changes});
    return sales.size();
}

} // namespace

std::size_t SalesLedger::add(std::span<const Sale> sales) {
    ById byId;
    for (const auto& sale : sales) byId.emplace(sale.event, &sale);
    constexpr int attempts = 5;
    for (int attempt = 1;; ++attempt) {
        try {
            return database_.transact([&](database::Session& session) { return addNew(session, byId); });
        } catch (const database::DuplicateKey& error) {
            // Another member of the group, which had the partition before, added some of them meanwhile.
            if (attempt == attempts) throw core::Error(core::ErrorKind::contention, error.what());
        }
    }
}

BestSellers bestSellers(database::Session& session, const std::string& topics, HourRange hours) {
    const auto rows = session.query(sql::sales::best_sellers, {kRanking, topics, hourText(hours.first),
                                                               hourText(hours.last), kBestSellers});
    BestSellers best;
    for (const auto& row : rows) {
        best.computedAt = row.time(0);
        best.asOf = row.maybeTime(1);
        if (row.isNull(2) || row.isNull(3)) continue; // nothing was sold, or a product that there is not
        best.items.push_back(
            {row.id<ProductId>(2), row.bytes(3), row.money(4), row.integer(5), row.integer(6)});
    }
    if (best.asOf <= core::Timestamp{}) best.asOf.reset();
    return best;
}

} // namespace outboxd::commerce::mysql
