// A bounded set of sessions with a bounded queue in front: overload is refused quickly instead of piling up.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/database/session.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace outboxd::database {

struct PoolSettings {
    std::size_t sessions = 16;             // the most connections open at once
    std::size_t waiters = 64;              // callers that may wait for one; the next is refused at once
    std::chrono::milliseconds wait{200};   // the longest wait
    std::chrono::seconds idleCheck{30};    // a session unused for longer is pinged before it is given out
    std::chrono::seconds maximumAge{1800}; // older sessions are replaced
};

// Thread-safe. Connections are made on demand, pinged, reset and closed outside the lock. Sessions are reused
// newest first, so that a quiet pool keeps few of them warm; callers are served in the order they came.
// Must outlive its leases.
class Pool {
    struct Pooled {
        std::unique_ptr<Session> session; // empty: a place in which to connect
        core::Instant connected{};
        core::Instant idleSince{};
        bool suspect = false; // another session was found broken while this one lay idle
    };
    struct Waiter;

public:
    struct Figures {                // for /metrics and readiness
        std::size_t open = 0;       // connections and attempts to connect; never more than `sessions`
        std::size_t idle = 0;       // of them unused
        std::size_t waiting = 0;    // callers in the queue
        std::uint64_t refused = 0;  // callers turned away because the queue was full
        std::uint64_t timedOut = 0; // callers whose wait ended without a session
        std::uint64_t connected = 0, discarded = 0; // sessions opened and closed
    };

    // Returns the session to the pool when destroyed: reset (mysql_reset_connection) if it was left in a
    // transaction or is destroyed by an exception passing through, closed if broken or too old.
    class Lease {
    public:
        Lease(Lease&& other) noexcept;
        Lease& operator=(Lease&&) = delete;
        ~Lease();
        Session& operator*() const { return *pooled_.session; }
        Session* operator->() const { return pooled_.session.get(); }
        // Gives the session back early, in good order. The lease is empty afterwards.
        void release() noexcept;

    private:
        friend class Pool;
        Lease(Pool& pool, Pooled pooled);
        Pool* pool_;
        Pooled pooled_;
        int exceptions_; // in flight when the lease was made
    };

    Pool(ConnectionSettings connection, PoolSettings settings, const core::Clock& clock);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // Takes at most `wait` for a place, and connectTimeout more if a connection must be made.
    // Throws Error(overloaded) when the queue is full or the wait is over; what Session's constructor throws.
    Lease acquire();
    Figures figures() const;
    // Closes idle sessions (used after a fail-over).
    void drop();

private:
    Pooled place();                    // waits for a session or for room to connect
    bool usable(Pooled& pooled) const; // pings where needed; not under the lock
    void connect(Pooled& pooled);      // not under the lock
    void put(Pooled pooled, bool reset) noexcept;
    void forgetOne() noexcept;             // a session is gone: whoever waits longest may connect
    void handOver(Pooled pooled) noexcept; // to the first waiter; under the lock

    const ConnectionSettings connection_;
    const PoolSettings settings_;
    const core::Clock& clock_;
    mutable std::mutex mutex_;
    std::vector<Pooled> idle_;    // guarded by mutex_, newest last
    std::deque<Waiter*> waiters_; // guarded by mutex_, oldest first; empty while anything is idle
    Figures figures_;             // guarded by mutex_; `idle` and `waiting` are filled in when asked for
};

} // namespace outboxd::database
