// Waiting for the verdict on a claim, without a database session and without a poll per waiter.
#pragma once

#include "commerce/claim_queue.hpp"

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>

namespace outboxd::commerce {

// Thread-safe. One of those who wait looks for all of them, one query per interval; when it leaves, another takes its
// place.
class ClaimWatch {
public:
    // `queue` must outlive the watch.
    explicit ClaimWatch(ClaimQueue& queue,
                        std::chrono::milliseconds interval = std::chrono::milliseconds{200})
        : queue_(queue), interval_(interval) {}

    // Until the claim is decided, at most so long. Empty: time is up, or the watch was closed. Trouble with the
    // database costs time only.
    std::optional<Claim> wait(ClaimId claim, std::chrono::milliseconds most);
    // Claims were decided on this node: looks at once.
    void ring();
    // The server drains: lets everybody go, now and later.
    void close();
    std::size_t waiting() const;

private:
    struct Waiter {
        ClaimId claim;
        std::optional<Claim> decided;
        std::condition_variable woken;
    };
    using Time = std::chrono::steady_clock::time_point;

    void look(std::unique_lock<std::mutex>& lock);

    ClaimQueue& queue_;
    const std::chrono::milliseconds interval_;
    mutable std::mutex mutex_; // guards what follows
    std::list<Waiter> waiters_;
    const Waiter* looker_ = nullptr;
    Time nextLook_;
    bool rung_ = false;
    bool closed_ = false;
};

} // namespace outboxd::commerce
