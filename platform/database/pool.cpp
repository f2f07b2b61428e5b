#include "platform/database/pool.hpp"

#include "platform/core/error.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>

namespace outboxd::database {

struct Pool::Waiter {
    std::condition_variable served;
    bool granted = false;
    Pooled pooled;
};

Pool::Lease::Lease(Pool& pool, Pooled pooled)
    : pool_(&pool), pooled_(std::move(pooled)), exceptions_(std::uncaught_exceptions()) {}

Pool::Lease::Lease(Lease&& other) noexcept
    : pool_(other.pool_), pooled_(std::move(other.pooled_)), exceptions_(other.exceptions_) {}

Pool::Lease::~Lease() {
    if (pooled_.session) pool_->put(std::move(pooled_), std::uncaught_exceptions() > exceptions_);
}

void Pool::Lease::release() noexcept {
    if (pooled_.session) pool_->put(std::move(pooled_), false);
}

Pool::Pool(ConnectionSettings connection, PoolSettings settings, const core::Clock& clock)
    : connection_(std::move(connection)), settings_(settings), clock_(clock) {
    idle_.reserve(settings_.sessions); // put() must not fail
}

Pool::~Pool() = default;

Pool::Lease Pool::acquire() {
    auto pooled = place();
    if (!pooled.session || !usable(pooled)) connect(pooled);
    return Lease{*this, std::move(pooled)};
}

Pool::Pooled Pool::place() {
    std::unique_lock lock{mutex_};
    if (!idle_.empty()) {
        auto pooled = std::move(idle_.back());
        idle_.pop_back();
        return pooled;
    }
    if (figures_.open < settings_.sessions) {
        ++figures_.open;
        return {};
    }
    if (waiters_.size() >= settings_.waiters) {
        ++figures_.refused;
        throw core::Error(core::ErrorKind::overloaded,
                          "all database sessions are in use and the queue is full",
                          "if this lasts, raise database.pool_size");
    }
    Waiter self;
    waiters_.push_back(&self);
    if (!self.served.wait_for(lock, settings_.wait, [&self] { return self.granted; })) {
        std::erase(waiters_, &self);
        ++figures_.timedOut;
        throw core::Error(core::ErrorKind::overloaded, "no database session became free in time",
                          "if this lasts, raise database.pool_size");
    }
    return std::move(self.pooled);
}

bool Pool::usable(Pooled& pooled) const {
    const auto now = clock_.now();
    if (now - pooled.connected > settings_.maximumAge) return false;
    if (!pooled.suspect && now - pooled.idleSince <= settings_.idleCheck) return true;
    pooled.suspect = false;
    return pooled.session->ping();
}

void Pool::connect(Pooled& pooled) {
    const bool replaces = pooled.session != nullptr;
    pooled.session.reset();
    try {
        pooled = {std::make_unique<Session>(connection_), clock_.now(), {}, false};
    } catch (...) {
        const std::lock_guard lock{mutex_};
        if (replaces) ++figures_.discarded;
        forgetOne();
        throw;
    }
    const std::lock_guard lock{mutex_};
    if (replaces) ++figures_.discarded;
    ++figures_.connected;
}

void Pool::put(Pooled pooled, bool reset) noexcept {
    auto& session = *pooled.session;
    const bool aged = clock_.now() - pooled.connected > settings_.maximumAge;
    bool keep = !session.broken() && !aged;
    if (keep && (reset || session.inTransaction())) keep = session.reset();
    const bool broken = session.broken();
    if (!keep) pooled.session.reset();

    const std::lock_guard lock{mutex_};
    if (!keep) {
        ++figures_.discarded;
        // What broke this one (a restart, a fail-over, a firewall) has probably broken its neighbours.
        if (broken) {
            for (auto& idle : idle_) idle.suspect = true;
        }
        forgetOne();
        return;
    }
    pooled.idleSince = clock_.now();
    if (waiters_.empty()) {
        idle_.push_back(std::move(pooled));
    } else {
        handOver(std::move(pooled));
    }
}

void Pool::forgetOne() noexcept {
    if (waiters_.empty()) {
        --figures_.open;
    } else {
        handOver({});
    }
}

void Pool::handOver(Pooled pooled) noexcept {
    auto& first = *waiters_.front();
    waiters_.pop_front();
    first.pooled = std::move(pooled);
    first.granted = true;
    first.served.notify_one(); // under the lock: the waiter lives on its own stack
}

Pool::Figures Pool::figures() const {
    const std::lock_guard lock{mutex_};
    auto figures = figures_;
    figures.idle = idle_.size();
    figures.waiting = waiters_.size();
    return figures;
}

void Pool::drop() {
    std::vector<Pooled> closing;
    closing.reserve(settings_.sessions);
    const std::lock_guard lock{mutex_};
    closing.swap(idle_); // idle_ keeps its room; nobody waits while something is idle
    figures_.open -= closing.size();
    figures_.discarded += closing.size();
}

} // namespace outboxd::database
