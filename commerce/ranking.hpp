// What was sold, hour by hour: the rule that turns the shop's events into the figures behind the best sellers. The
// events are described in docs/events.md.
#pragma once

#include "commerce/model.hpp"
#include "commerce/unreadable.hpp"
#include "platform/core/event_id.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace outboxd::commerce {

// Sales are counted in whole hours of UTC.
using Hour = std::chrono::sys_time<std::chrono::hours>;

// What one event changes, in the hour in which its order was completed: goods that come back are taken off where they
// were counted, however late they come.
struct Sale {
    struct Line {
        ProductId product;
        std::int64_t quantity = 0; // below zero: came back
    };
    core::EventId event;
    Hour hour;
    std::vector<Line> lines; // may be empty: money was refunded and nothing came back
};
struct NoSale {}; // an event that sells nothing

// `type` and `id` as the record's headers say. Reads strictly: a field that is missing, of another type or given twice
// makes the event unreadable, as does a version that is not 1; fields that it does not know are left alone.
std::variant<Sale, NoSale, Unreadable> readSale(const std::optional<core::EventId>& id, std::string_view type,
                                                const std::optional<std::string>& payload);

// The hours that the ranking adds up at `now`: the last 72 whole ones and the current one.
struct HourRange {
    Hour first;
    Hour last; // included
};
HourRange rankedHours(core::Timestamp now);

// Where the figures are kept. Thread-safe.
class SalesLedger {
public:
    virtual ~SalesLedger() = default;
    // Adds the lines of each event that was not added before, in one transaction: all of them or none. Returns how many
    // events were new. Throws core::Error; when it does not know whether it happened, it may simply be called again.
    virtual std::size_t add(std::span<const Sale> sales) = 0;
};

} // namespace outboxd::commerce
