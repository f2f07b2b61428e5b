// A bounded set of sessions with a bounded queue in front: overload is refused quickly instead of piling up.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/database/session.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace outboxd::database {

struct PoolSettings {
    std::size_t sessions = 16;            // the most connections open at once
    std::size_t waiters = 64;             // callers that may wait for one; the next is refused at once
    std::chrono::milliseconds wait{200};  // the longest wait
    std::chrono::seconds idleCheck{30};   // a session unused for longer is pinged before it is given out
    std::chrono::seconds maximumAge{1800}; // older sessions are replaced
};

// Thread-safe. Connections are made on demand and outside the lock. Must outlive its leases.
class Pool {
public:
    struct Figures { // for /metrics and readiness
        std::size_t open = 0, idle = 0, waiting = 0;
        std::uint64_t refused = 0, timedOut = 0, connected = 0, discarded = 0;
    };

    // Returns the session to the pool when destroyed: reset if it was left in a transaction, dropped if broken.
    class Lease {
    public:
        Lease(Lease&& other) noexcept;
        Lease& operator=(Lease&&) = delete;
        ~Lease() { release(); }
        Session& operator*() const { return *session_; }
        Session* operator->() const { return session_.get(); }
        void release() noexcept;

    private:
        friend class Pool;
        Lease(Pool& pool, std::unique_ptr<Session> session) : pool_(&pool), session_(std::move(session)) {}
        Pool* pool_;
        std::unique_ptr<Session> session_;
    };

    Pool(ConnectionSettings connection, PoolSettings settings, const core::Clock& clock);
    ~Pool();

    // Throws Error(overloaded) when the queue is full or the wait is over; what Session's constructor throws.
    Lease acquire();
    Figures figures() const;
    // Closes idle sessions (used after a password change or a fail-over).
    void drop();

private:
    struct Idle {
        std::unique_ptr<Session> session;
        core::Instant since;
    };
    void put(std::unique_ptr<Session> session) noexcept;
    std::unique_ptr<Session> usable(Idle idle);

    const ConnectionSettings connection_;
    const PoolSettings settings_;
    const core::Clock& clock_;
    mutable std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<Idle> idle_; // guarded by mutex_, newest last
    Figures figures_;        // guarded by mutex_
};

} // namespace outboxd::database
