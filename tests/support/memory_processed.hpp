// The memory of events that were sent, in memory, with verbs for what goes wrong. Thread-safe.
#pragma once

#include "platform/core/error.hpp"
#include "scheduler/processed_events.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <string>

namespace outboxd::testing {

class MemoryProcessed final : public scheduler::ProcessedEvents {
public:
    void goDown() { set(true, false); }
    void comeBack() { set(false, false); }
    // The next events are not remembered, as if the process had died after it had sent them.
    void forgetNext() { set(false, true); }

    Ids known(std::string_view listener, const Ids& ids) override {
        const std::lock_guard lock(mutex_);
        requireUp();
        const auto& mine = ids_[std::string{listener}];
        Ids found;
        std::ranges::set_intersection(ids, mine, std::inserter(found, found.end()));
        return found;
    }
    void add(std::string_view listener, const Ids& ids) override {
        const std::lock_guard lock(mutex_);
        requireUp();
        if (std::exchange(forgets_, false))
            throw core::Error(core::ErrorKind::unavailable, "the database went away");
        ids_[std::string{listener}].insert(ids.begin(), ids.end());
    }

private:
    void set(bool down, bool forgets) {
        const std::lock_guard lock(mutex_);
        down_ = down;
        forgets_ = forgets;
    }
    void requireUp() const {
        if (down_) throw core::Error(core::ErrorKind::unavailable, "the database is away");
    }

    std::mutex mutex_; // guards what follows
    std::map<std::string, Ids> ids_;
    bool down_ = false, forgets_ = false;
};

} // namespace outboxd::testing
