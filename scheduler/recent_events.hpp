// The events that were worked off a short while ago, so that a repetition which follows closely costs no question to the
// database. Bounded in events and in time. No thread, no clock.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/core/event_id.hpp"

#include <cstdint>
#include <deque>
#include <map>

namespace outboxd::scheduler {

// A repetition is the same event id with a sequence that is not newer. The sequence alone says nothing: an event that had been
// lost and was published again comes late, behind newer ones of its key (docs/decisions/0009).
class RecentEvents {
public:
    RecentEvents(std::size_t most, std::chrono::microseconds age) : most_(most), age_(age) {}

    void remember(const core::EventId& id, std::int64_t sequence, core::Instant now) {
        if (most_ == 0) return;
        forgetBefore(now - age_);
        if (!known_.insert_or_assign(id, sequence).second) return;
        order_.push_back({id, now});
        if (order_.size() > most_) forgetOldest();
    }
    bool repeated(const core::EventId& id, std::int64_t sequence, core::Instant now) {
        forgetBefore(now - age_);
        const auto found = known_.find(id);
        return found != known_.end() && sequence <= found->second;
    }
    void clear() {
        order_.clear();
        known_.clear();
    }

private:
    struct Seen {
        core::EventId id;
        core::Instant at;
    };
    void forgetOldest() {
        known_.erase(order_.front().id);
        order_.pop_front();
    }
    void forgetBefore(core::Instant time) {
        while (!order_.empty() && order_.front().at < time) forgetOldest();
    }

    const std::size_t most_;
    const std::chrono::microseconds age_;
    std::deque<Seen> order_;
    std::map<core::EventId, std::int64_t> known_;
};

} // namespace outboxd::scheduler
