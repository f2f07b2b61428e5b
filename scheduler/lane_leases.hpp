// Keeps the locks of the lanes that this node relays, and takes those that come free.
#pragma once

#include "platform/core/error.hpp"
#include "platform/core/logger.hpp"
#include "scheduler/lane.hpp"
#include "scheduler/lease.hpp"
#include "scheduler/outbox_source.hpp"

#include <map>
#include <mutex>

namespace outboxd::scheduler {

struct LaneLeaseSettings {
    std::string node;                       // host part of the holder
    std::chrono::milliseconds lease{10000}; // how long a dead node's lanes stay taken
    std::chrono::milliseconds renewEvery{3000};
};

// round() is called by one thread (the relay service's lease thread, or a test), release() by any.
class LaneLeases {
public:
    // Told on the thread that calls round(); must not call back into LaneLeases.
    class Listener {
    public:
        virtual ~Listener() = default;
        virtual void laneTaken(const LaneTerm& term) = 0;
        virtual void laneLost(const LaneTerm& term) = 0;
    };

    LaneLeases(LockStore& locks, const core::Clock& clock, core::Logger& logger, LaneLeaseSettings settings,
               Listener& listener);

    // One look: renews what is due, all lanes in one statement; gives up lanes whose lease ran out by the local
    // clock (anchored before the renewal was sent); takes free lanes. Database trouble is logged once and counted
    // as "not renewed": a lane is lost only when its lease is over. Never throws core::Error.
    void round();

    // Unlocks a lane that the relay gave up in good order. Never throws.
    void release(const LaneTerm& term);
    // The same for every lane that is still held.
    void releaseAll();
    // Takes no further lanes (the node is draining); renewals go on.
    void stopTaking();

    std::size_t held() const;

private:
    struct Held {
        std::string holder;
        core::Instant deadline;
        core::Instant renewAt;
    };
    void renew(core::Instant now);
    void expire(core::Instant now);
    void take(core::Instant now);
    void databaseTrouble(const core::Error& error);

    LockStore& locks_;
    const core::Clock& clock_;
    core::Logger& logger_;
    const LaneLeaseSettings settings_;
    Listener& listener_;
    mutable std::mutex mutex_;
    std::map<Lane, Held> held_; // guarded by mutex_
    bool taking_ = true;        // guarded by mutex_
    bool troubled_ = false;     // round()'s thread only
};

} // namespace outboxd::scheduler
