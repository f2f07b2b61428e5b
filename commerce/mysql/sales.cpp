#include "commerce/mysql/sales.hpp"

#include "commerce/mysql/processed_events.hpp"
#include "sql/sales.hpp"

#include <fmt/format.h>

#include <iterator>
#include <map>

namespace outboxd::commerce::mysql {
namespace {

using ById = std::map<core::EventId, const Sale*>;

// "2026-11-21 05:00:00"
std::string hourText(Hour hour) { return database::toDateTime(hour).substr(0, 19); }

// One entry per hour and product, in the order in which the rows are locked; empty if nothing changes.
std::string changesOf(const ById& sales, const EventIds& fresh) {
    std::map<std::pair<Hour, ProductId>, std::int64_t> changes;
    for (const auto& id : fresh) {
        const auto& sale = *sales.at(id);
        for (const auto& line : sale.lines) changes[{sale.hour, line.product}] += line.quantity;
    }
    std::string json;
    for (const auto& [place, quantity] : changes)
        fmt::format_to(std::back_inserter(json), "{}[\"{}\",{},{}]", json.empty() ? "" : ",",
                       hourText(place.first), place.second.value, quantity);
    return json.empty() ? json : "[" + json + "]";
}

} // namespace

std::size_t SalesLedger::add(std::span<const Sale> sales) {
    ById byId;
    EventIds ids;
    for (const auto& sale : sales) {
        byId.emplace(sale.event, &sale);
        ids.insert(sale.event);
    }
    return onceEach(database_, kRanking, ids, [&](database::Session& session, const EventIds& fresh) {
        if (const auto changes = changesOf(byId, fresh); !changes.empty())
            session.execute(sql::sales::add_sales, {changes});
    });
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
