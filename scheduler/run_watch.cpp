#include "scheduler/run_watch.hpp"

#include <algorithm>

namespace outboxd::scheduler {

namespace {

// Of the lease: when it is renewed, and how long a database that did not answer is left alone.
constexpr int kRenewalsPerLease = 3;
constexpr int kTriesPerLease = 10;

core::Instant::duration part(std::chrono::milliseconds lease, int parts) {
    return core::Instant::duration{lease} / parts;
}

} // namespace

RunWatch::RunWatch(core::Instant started, std::chrono::microseconds timeout, std::optional<Lease> lease)
    : timeUp_(started + timeout), lease_(lease) {
    if (lease_) renewed(lease_->asked);
}

RunWatch::Due RunWatch::look(core::Instant now) {
    if (now >= timeUp_) timedOut_ = true;
    if (lease_ && now >= lease_->asked + lease_->atMost) lost_ = true;
    if (lost_) return Due::end;
    if (lease_ && now >= renewAt_) return Due::renewal;
    return timedOut_ ? Due::end : Due::nothing;
}

core::Instant RunWatch::next() const {
    const auto renewal = lease_ ? renewAt_ : timeUp_;
    return timedOut_ ? renewal : std::min(timeUp_, renewal);
}

void RunWatch::renewed(core::Instant asked) {
    lease_->asked = asked;
    renewAt_ = asked + part(lease_->atMost, kRenewalsPerLease);
}

void RunWatch::unanswered(core::Instant now) {
    renewAt_ = std::min(now + part(lease_->atMost, kTriesPerLease), lease_->asked + lease_->atMost);
}

} // namespace outboxd::scheduler
