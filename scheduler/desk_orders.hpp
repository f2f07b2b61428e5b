// What operators may order of the outbox, as plain values.
#pragma once

#include "platform/core/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace outboxd::scheduler {

struct HeldFilter {
    std::optional<std::string> key = {}, type = {}, aggregateType = {}; // exactly so; of the head
    std::optional<std::string> error = {};                              // a part of the head's error
    std::optional<core::Timestamp> since = {}; // the head is held since then or later
};
// Either events by their ids, or the keys that a filter finds.
using HeldSelection = std::variant<std::vector<std::int64_t>, HeldFilter>;

struct OrderTerms {
    bool dryRun = false;               // count, and do nothing
    std::optional<int> perSecond = {}; // empty: all at once
    std::optional<std::string> reason = {};
    std::string actor = {};
};
struct Redrive {
    HeldSelection what = {};
    OrderTerms terms = {};
};
struct Discard {
    HeldSelection what = {};
    bool wholeKeys = false; // of a filter: all that is held of a key, not its head alone
    OrderTerms terms = {};
};
struct Republish {
    std::vector<std::int64_t> ids = {}; // not empty: these, else what was created from `from` to before `to`
    core::Timestamp from = {}, to = {};
    std::vector<std::string> types = {}, aggregateTypes = {}; // empty: any
    OrderTerms terms = {};
};

// What was ordered, or would be. `events`: as far as it can be known now.
struct OrderTaken {
    std::int64_t order = 0; // 0: a dry run, or nothing to do
    std::int64_t steps = 0, events = 0;
    std::vector<std::int64_t> notFound = {}; // ids that are not held, or not sent
};
struct OrderTooLarge {
    std::int64_t steps = 0, most = 0;
};
using OrderAnswer = std::variant<OrderTaken, OrderTooLarge>;
inline constexpr std::int64_t kMostSteps = 500'000;

} // namespace outboxd::scheduler
