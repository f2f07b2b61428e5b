#include "commerce/claim_watch.hpp"

#include "platform/core/error.hpp"

#include <algorithm>

#include <map>

namespace outboxd::commerce {

std::optional<Claim> ClaimWatch::wait(ClaimId claim, std::chrono::milliseconds most) {
    using std::chrono::steady_clock;
    const auto end = steady_clock::now() + most;
    std::unique_lock lock(mutex_);
    if (waiters_.empty()) nextLook_ = steady_clock::now() + interval_; // whoever waits has just looked
    const auto self = waiters_.emplace(waiters_.end());
    self->claim = claim;
    while (!self->decided && !closed_ && steady_clock::now() < end) {
        if (looker_ == nullptr) looker_ = &*self;
        if (looker_ != &*self) {
            self->woken.wait_until(lock, end);
        } else if (rung_ || steady_clock::now() >= nextLook_) {
            look(lock);
        } else {
            self->woken.wait_until(lock, std::min(end, nextLook_));
        }
    }
    auto decided = self->decided;
    if (looker_ == &*self) looker_ = nullptr;
    waiters_.erase(self);
    // Also if somebody else was called to look and left instead: whoever is woken now looks.
    if (looker_ == nullptr && !waiters_.empty()) waiters_.front().woken.notify_one();
    return decided;
}

void ClaimWatch::look(std::unique_lock<std::mutex>& lock) {
    rung_ = false;
    std::vector<ClaimId> claims;
    for (const auto& waiter : waiters_) claims.push_back(waiter.claim);
    lock.unlock();
    std::map<ClaimId, Claim> decided;
    try {
        for (const auto& claim : queue_.decided(claims)) decided.emplace(claim.id, claim);
    } catch (const core::Error&) {
        // The next look may do better; the request that waits reports trouble that lasts.
    }
    lock.lock();
    nextLook_ = std::chrono::steady_clock::now() + interval_;
    for (auto& waiter : waiters_) {
        const auto found = decided.find(waiter.claim);
        if (found == decided.end()) continue;
        waiter.decided = found->second;
        waiter.woken.notify_one();
    }
}

void ClaimWatch::ring() {
    const std::lock_guard lock(mutex_);
    if (waiters_.empty()) return;
    rung_ = true;
    for (auto& waiter : waiters_) {
        if (&waiter == looker_ || looker_ == nullptr) waiter.woken.notify_one();
    }
}

void ClaimWatch::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (auto& waiter : waiters_) waiter.woken.notify_one();
}

std::size_t ClaimWatch::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiters_.size();
}

} // namespace outboxd::commerce
