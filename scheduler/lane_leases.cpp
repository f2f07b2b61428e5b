#include "scheduler/lane_leases.hpp"

#include "scheduler/lane_quota.hpp"

#include <algorithm>
#include <utility>

namespace outboxd::scheduler {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds kBeatEvery{1000};
// So long a node keeps lanes above its share that nobody else took, before it offers them again.
constexpr int kLeasesOfTolerance = 30;
// After the relay could not use a lane.
constexpr std::chrono::milliseconds kRefusedPause{1000};

} // namespace

LaneLeases::LaneLeases(LockStore& locks, RelayPeers& peers, const core::Clock& clock, core::Logger& logger,
                       LaneLeaseSettings settings, Listener& listener)
    : locks_(locks), peers_(peers), clock_(clock), logger_(logger), settings_(std::move(settings)),
      listener_(listener) {}

void LaneLeases::round() {
    const auto now = clock_.now();
    try {
        renew(now);
        if (taking()) {
            consultPeers(now);
            take(now);
            handOver(now);
        } else if (!withdrawn_) {
            withdraw();
        }
        troubled_ = false;
    } catch (const core::Error& error) {
        databaseTrouble(error);
    }
    expire(clock_.now());
}

// ---- keeping ----

void LaneLeases::renew(core::Instant now) {
    std::vector<Lane> lanes;
    std::vector<Term> terms;
    {
        const std::lock_guard lock(mutex_);
        bool due = single_ && now >= single_->renewAt;
        for (const auto& [lane, held] : held_) due = due || now >= held.renewAt;
        if (!due) return;
        for (const auto& [lane, held] : held_) {
            lanes.push_back(lane);
            terms.push_back({laneLock(lane), held.holder});
        }
    }
    if (single_) terms.push_back({settings_.singleLock, single_->holder});
    const auto valid = locks_.extend(terms, settings_.lease);
    const auto renewed = [&](Held& held) {
        held.deadline = now + settings_.lease;
        held.renewAt = now + settings_.renewEvery;
    };
    if (single_) {
        if (!valid.back()) return loseAll("the single lock is not ours any more");
        renewed(*single_);
    }

    std::vector<LaneTerm> lost;
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < lanes.size(); ++i) {
            const auto found = held_.find(lanes[i]);
            if (found == held_.end() || found->second.holder != terms[i].holder)
                continue; // released meanwhile
            if (valid[i]) {
                renewed(found->second);
            } else {
                lost.push_back({lanes[i], terms[i].holder});
                held_.erase(found);
            }
        }
    }
    for (const auto& term : lost) lose(term, "the lock is not ours any more");
}

void LaneLeases::expire(core::Instant now) {
    constexpr auto* reason = "the lease ran out before it could be renewed";
    if (single_ && now >= single_->deadline) loseAll(reason);
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
    for (const auto& term : lost) lose(term, reason);
}

// The lanes' own locks are unlocked, so that whoever has the single lock now need not wait for them.
void LaneLeases::loseAll(const char* reason) {
    single_.reset();
    std::vector<LaneTerm> lost;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [lane, held] : std::exchange(held_, {})) lost.push_back({lane, held.holder});
    }
    for (const auto& term : lost) lose(term, reason);
    for (const auto& term : lost) release(term);
}

void LaneLeases::lose(const LaneTerm& term, const char* reason) {
    {
        const std::lock_guard lock(mutex_);
        ++figures_.lost;
    }
    logger_.warning("lane_lost", {{"lane", term.lane}, {"reason", reason}});
    listener_.laneLost(term);
}

// ---- sharing ----

void LaneLeases::consultPeers(core::Instant now) {
    if (now < beatAt_) return;
    peers_.beat();
    beatAt_ = now + std::min(kBeatEvery, settings_.lease / 4);
    readQuota();
}

void LaneLeases::readQuota() {
    auto alive = peers_.alive();
    if (alive != alive_) tolerated_ = 0; // the work is spread anew
    alive_ = std::move(alive);
    knowsPeers_ = true;
    const auto quota = settings_.singleLock.empty() ? laneQuota(alive_, settings_.node) : std::size_t{kLanes};
    const std::lock_guard lock(mutex_);
    figures_.quota = quota;
}

void LaneLeases::handOver(core::Instant now) {
    if (now >= tolerateUntil_) tolerated_ = 0;
    std::optional<LaneTerm> next;
    {
        const std::lock_guard lock(mutex_);
        if (leaving_) { // one at a time
            const auto found = held_.find(leaving_->lane);
            if (found != held_.end() && found->second.holder == leaving_->holder) return;
            leaving_.reset();
        }
        if (held_.size() <= figures_.quota + tolerated_) return;
        next = leaving_ = {held_.rbegin()->first, held_.rbegin()->second.holder};
        ++figures_.handedOver;
    }
    logger_.info("lane_handed_over", {{"lane", next->lane}});
    listener_.handOver(*next);
}

// ---- taking ----

std::vector<Lane> LaneLeases::freeLanes(core::Instant now) {
    std::vector<std::string> names;
    std::map<std::string, Lane> lanes;
    {
        const std::lock_guard lock(mutex_);
        for (Lane lane = 0; lane < kLanes; ++lane) {
            if (held_.contains(lane)) continue;
            names.push_back(laneLock(lane));
            lanes.emplace(names.back(), lane);
        }
    }
    std::vector<Lane> free;
    if (!names.empty()) {
        for (const auto& name : locks_.available(names)) free.push_back(lanes.at(name));
    }
    std::erase_if(freeSince_,
                  [&](const auto& seen) { return std::ranges::find(free, seen.first) == free.end(); });
    for (const auto lane : free) freeSince_.try_emplace(lane, now);
    return free;
}

bool LaneLeases::takeSingleLock(core::Instant now) {
    const std::span names(&settings_.singleLock, 1);
    if (locks_.available(names).empty()) return false;
    const Term term{settings_.singleLock, newHolder(settings_.node, clock_)};
    if (!locks_.tryLock(term, settings_.lease)) return false;
    single_ = Held{term.holder, now + settings_.lease, now + settings_.renewEvery};
    logger_.info("single_lock_taken", {{"lock", settings_.singleLock}});
    return true;
}

void LaneLeases::take(core::Instant now) {
    if (now < takeAt_ || (!settings_.singleLock.empty() && !single_ && !takeSingleLock(now))) return;
    const auto free = freeLanes(now);
    if (free.empty()) return;
    // Somebody may have left.
    if (const auto have = figures(); !knowsPeers_ || have.held + free.size() > have.quota) readQuota();

    // Never longer than the single lock, so that the lanes' fences hold for it, too.
    const auto until = single_ ? single_->deadline : now + settings_.lease;
    const auto renewAt = single_ ? single_->renewAt : now + settings_.renewEvery;
    const auto atMost = std::chrono::duration_cast<std::chrono::milliseconds>(until - now);
    if (atMost <= 0ms) return;

    std::vector<LaneTerm> taken;
    std::optional<core::Error> trouble; // what was taken before it is told of all the same
    for (const auto lane : free) {
        const auto have = figures();
        const bool share = have.held < have.quota + tolerated_;
        if (!share && now - freeSince_.at(lane) < settings_.lease) continue;
        const LaneTerm term{lane, newHolder(settings_.node, clock_)};
        try {
            if (!locks_.tryLock({laneLock(lane), term.holder}, atMost)) continue;
        } catch (const core::Error& error) {
            trouble = error;
            break;
        }
        if (!share) { // whoever should have it does not take it
            ++tolerated_;
            tolerateUntil_ = now + kLeasesOfTolerance * settings_.lease;
        }
        {
            const std::lock_guard lock(mutex_);
            held_[lane] = {term.holder, until, renewAt};
        }
        freeSince_.erase(lane);
        taken.push_back(term);
    }
    for (const auto& term : taken) logger_.info("lane_taken", {{"lane", term.lane}});
    if (!taken.empty()) {
        for (const auto& term : listener_.lanesTaken(std::move(taken))) {
            release(term);
            takeAt_ = now + kRefusedPause;
        }
    }
    if (trouble) throw core::Error(*trouble);
}

// ---- the end ----

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
    for (const auto& term : held()) release(term);
    try {
        if (const auto single = std::exchange(single_, {}))
            locks_.unlock({settings_.singleLock, single->holder}, std::chrono::milliseconds{0});
        if (!withdrawn_) withdraw();
    } catch (const core::Error& error) {
        databaseTrouble(error);
    }
}

void LaneLeases::withdraw() {
    peers_.withdraw();
    withdrawn_ = true;
}

void LaneLeases::stopTaking() {
    const std::lock_guard lock(mutex_);
    taking_ = false;
}

bool LaneLeases::taking() const {
    const std::lock_guard lock(mutex_);
    return taking_;
}

std::vector<LaneTerm> LaneLeases::held() const {
    const std::lock_guard lock(mutex_);
    std::vector<LaneTerm> terms;
    for (const auto& [lane, held] : held_) terms.push_back({lane, held.holder});
    return terms;
}

LaneFigures LaneLeases::figures() const {
    const std::lock_guard lock(mutex_);
    auto figures = figures_;
    figures.held = held_.size();
    return figures;
}

void LaneLeases::databaseTrouble(const core::Error& error) {
    if (troubled_) return;
    troubled_ = true;
    logger_.warning("lane_leases_unreachable", {{"error", error.what()}, {"hint", error.hint()}});
}

} // namespace outboxd::scheduler
