#include "scheduler/lane_leases.hpp"

namespace outboxd::scheduler {

LaneLeases::LaneLeases(LockStore& locks, const core::Clock& clock, core::Logger& logger,
                       LaneLeaseSettings settings, Listener& listener)
    : locks_(locks), clock_(clock), logger_(logger), settings_(std::move(settings)), listener_(listener) {}

void LaneLeases::round() {
    const auto now = clock_.now();
    try {
        renew(now);
        take(now);
        troubled_ = false;
    } catch (const core::Error& error) {
        databaseTrouble(error);
    }
    expire(clock_.now());
}

void LaneLeases::renew(core::Instant now) {
    std::vector<Lane> lanes;
    std::vector<Term> terms;
    {
        const std::lock_guard lock(mutex_);
        bool due = false;
        for (const auto& [lane, held] : held_) due = due || now >= held.renewAt;
        if (!due) return;
        for (const auto& [lane, held] : held_) {
            lanes.push_back(lane);
            terms.push_back({laneLock(lane), held.holder});
        }
    }
    const auto valid = locks_.extend(terms, settings_.lease);

    std::vector<LaneTerm> lost;
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < lanes.size(); ++i) {
            const auto found = held_.find(lanes[i]);
            if (found == held_.end() || found->second.holder != terms[i].holder)
                continue; // released meanwhile
            if (valid[i]) {
                found->second.deadline = now + settings_.lease;
                found->second.renewAt = now + settings_.renewEvery;
            } else {
                lost.push_back({lanes[i], terms[i].holder});
                held_.erase(found);
            }
        }
    }
    for (const auto& term : lost) {
        logger_.warning("lane_lost", {{"lane", term.lane}, {"reason", "the lock is not ours any more"}});
        listener_.laneLost(term);
    }
}

void LaneLeases::expire(core::Instant now) {
    std::vector<LaneTerm> lost;
    {
        const std::lock_guard lock(mutex_);
        for (auto next = held_.begin(); next != held_.end();) {
            if (now < next->second.deadline) {
                ++next;
                continue;
            }
            lost.push_back({next->first, next->second.holder});
            next = held_.erase(next);
        }
    }
    for (const auto& term : lost) {
        logger_.warning("lane_lost",
                        {{"lane", term.lane}, {"reason", "the lease ran out before it could be renewed"}});
        listener_.laneLost(term);
    }
}

void LaneLeases::take(core::Instant now) {
    std::vector<std::string> names;
    std::map<std::string, Lane> lanes;
    {
        const std::lock_guard lock(mutex_);
        if (!taking_) return;
        for (Lane lane = 0; lane < kLanes; ++lane) {
            if (held_.contains(lane)) continue;
            names.push_back(laneLock(lane));
            lanes.emplace(names.back(), lane);
        }
    }
    if (names.empty()) return;
    for (const auto& name : locks_.available(names)) {
        const Term term{name, newHolder(settings_.node, clock_)};
        if (!locks_.tryLock(term, settings_.lease)) continue;
        const LaneTerm taken{lanes.at(name), term.holder};
        {
            const std::lock_guard lock(mutex_);
            held_[taken.lane] = {term.holder, now + settings_.lease, now + settings_.renewEvery};
        }
        logger_.info("lane_taken", {{"lane", taken.lane}});
        listener_.laneTaken(taken);
    }
}

void LaneLeases::release(const LaneTerm& term) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = held_.find(term.lane);
        if (found != held_.end() && found->second.holder == term.holder) held_.erase(found);
    }
    try {
        locks_.unlock({laneLock(term.lane), term.holder}, std::chrono::milliseconds{0});
        logger_.info("lane_released", {{"lane", term.lane}});
    } catch (const core::Error& error) {
        logger_.warning("lane_release_failed", {{"lane", term.lane},
                                                {"error", error.what()},
                                                {"consequence", "it comes free when its lease runs out"}});
    }
}

void LaneLeases::releaseAll() {
    std::vector<LaneTerm> terms;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [lane, held] : held_) terms.push_back({lane, held.holder});
    }
    for (const auto& term : terms) release(term);
}

void LaneLeases::stopTaking() {
    const std::lock_guard lock(mutex_);
    taking_ = false;
}

std::size_t LaneLeases::held() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
}

void LaneLeases::databaseTrouble(const core::Error& error) {
    if (troubled_) return;
    troubled_ = true;
    logger_.warning("lane_leases_unreachable", {{"error", error.what()}, {"hint", error.hint()}});
}

} // namespace outboxd::scheduler
