// Keeps the locks of the lanes that this node relays, takes those that come free, and hands over what is more than its
// share.
//
// The lease excludes; the share (lane_quota.hpp) is only a hint. So a node that is counted and yet takes nothing costs no
// lane: what stayed free for a whole lease is taken by whoever sees it.
#pragma once

#include "platform/core/error.hpp"
#include "platform/core/logger.hpp"
#include "scheduler/lane.hpp"
#include "scheduler/lease.hpp"
#include "scheduler/outbox_source.hpp"
#include "scheduler/relay_peers.hpp"

#include <map>
#include <mutex>
#include <optional>

namespace outboxd::scheduler {

struct LaneLeaseSettings {
    std::string node;                       // host part of the holder, and this node's name among its peers
    std::chrono::milliseconds lease{10000}; // how long a dead node's lanes stay taken
    std::chrono::milliseconds renewEvery{3000};
    // Not empty: lanes are held only under this ShedLock lock, all of them by one node. So another relay that runs under
    // the same lock (a Java one, before a migration) never runs beside this one.
    std::string singleLock = {};
};

struct LaneFigures {
    std::size_t held = 0, quota = 0;
    std::uint64_t lost = 0, handedOver = 0;
};

// round() is called by one thread (the relay service's lease thread, or a test), the others by any.
class LaneLeases {
public:
    // Told on the thread that calls round(), without a lock held.
    class Listener {
    public:
        virtual ~Listener() = default;
        // Returns those that it cannot use now: they are unlocked and tried again.
        virtual std::vector<LaneTerm> lanesTaken(std::vector<LaneTerm> terms) = 0;
        virtual void laneLost(const LaneTerm& term) = 0;
        // Give it up in good order: settle what is in flight, then release().
        virtual void handOver(const LaneTerm& term) = 0;
    };

    LaneLeases(LockStore& locks, RelayPeers& peers, const core::Clock& clock, core::Logger& logger,
               LaneLeaseSettings settings, Listener& listener);

    // One look: renews what is due, all in one statement; gives up lanes whose lease ran out by the local clock
    // (anchored before the renewal was sent); takes free lanes up to the share; asks for one lane at a time, the highest, to
    // be handed over while there are more. Database trouble is logged once and counted as "not renewed": a lane is
    // lost only when its lease is over. Never throws core::Error.
    void round();

    // Unlocks a lane that the relay gave up in good order. Never throws.
    void release(const LaneTerm& term);
    // The same for every lane that is still held, and for the single lock; and tells the peers. round() is not called any more.
    void releaseAll();
    // Takes no further lanes (the node is draining); renewals go on. The next round tells the peers.
    void stopTaking();

    std::vector<LaneTerm> held() const;
    LaneFigures figures() const;

private:
    struct Held {
        std::string holder;
        core::Instant deadline;
        core::Instant renewAt;
    };
    void renew(core::Instant now);
    void expire(core::Instant now);
    void consultPeers(core::Instant now);
    void readQuota();
    bool takeSingleLock(core::Instant now);
    void take(core::Instant now);
    std::vector<Lane> freeLanes(core::Instant now);
    void handOver(core::Instant now);
    void loseAll(const char* reason);
    void lose(const LaneTerm& term, const char* reason);
    void withdraw();
    bool taking() const;
    void databaseTrouble(const core::Error& error);

    LockStore& locks_;
    RelayPeers& peers_;
    const core::Clock& clock_;
    core::Logger& logger_;
    const LaneLeaseSettings settings_;
    Listener& listener_;

    mutable std::mutex mutex_;
    std::map<Lane, Held> held_; // guarded by mutex_
    LaneFigures figures_;       // guarded by mutex_
    bool taking_ = true;        // guarded by mutex_

    // round()'s thread only.
    std::optional<Held> single_; // settings_.singleLock, while it is ours
    std::vector<std::string> alive_;
    std::map<Lane, core::Instant> freeSince_;
    std::optional<LaneTerm> leaving_; // to be handed over
    std::size_t tolerated_ = 0;       // lanes above the share that nobody else took
    core::Instant tolerateUntil_{};
    core::Instant beatAt_{}, takeAt_{};
    bool knowsPeers_ = false, withdrawn_ = false, troubled_ = false;
};

} // namespace outboxd::scheduler
