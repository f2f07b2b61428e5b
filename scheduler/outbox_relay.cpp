#include "scheduler/outbox_relay.hpp"

#include <algorithm>
#include <utility>

namespace outboxd::scheduler {

using namespace std::chrono_literals;
using relay::Outgoing;

namespace {

// How long a lane rests after the database did not answer.
constexpr auto kDatabaseRetry = std::chrono::microseconds{200ms};

} // namespace

std::vector<relay::Action> OutboxRelay::step(relay::Event event, core::Instant now) {
    now_ = now;
    actions_.clear();
    std::visit([this](auto& what) { on(what); }, event);
    driveSession();
    driveMarks();
    driveProbe();
    driveReads();
    driveDrain();
    return std::exchange(actions_, {});
}

// ---- lanes ----

OutboxRelay::LaneState* OutboxRelay::find(Lane lane, relay::Epoch epoch) {
    const auto found = lanes_.find(lane);
    return found != lanes_.end() && found->second.epoch == epoch ? &found->second : nullptr;
}

void OutboxRelay::on(relay::LaneTaken& event) {
    if (draining_) {
        actions_.emplace_back(relay::ReleaseLane{std::move(event.term)});
        return;
    }
    const auto lane = event.term.lane;
    forget(lane); // taken again: whatever was known belongs to the former term
    auto& state = lanes_[lane];
    state.term = std::move(event.term);
    state.epoch = ++lastEpoch_;
    probeNow_ = true;
}

void OutboxRelay::on(relay::LaneLost& event) {
    const auto found = lanes_.find(event.term.lane);
    if (found == lanes_.end() || found->second.term.holder != event.term.holder) return;
    ++figures_.lostLanes;
    forget(event.term.lane);
}

// What is in flight of a forgotten lane is still reported, and then ignored: the next holder sends it again.
void OutboxRelay::forget(Lane lane) {
    const auto found = lanes_.find(lane);
    if (found == lanes_.end()) return;
    rows_ -= found->second.rows.size();
    lanes_.erase(found);
}

// ---- probes and reads ----

void OutboxRelay::on(relay::Probed& event) {
    probing_ = false;
    probeDue_ = now_ + settings_.pollInterval;
    std::set<Lane> empty;
    for (const auto& [number, lane] : lanes_) empty.insert(number);
    for (const auto& bounds : event.lanes) {
        const auto found = lanes_.find(bounds.lane);
        if (found == lanes_.end()) continue;
        auto& lane = found->second;
        empty.erase(bounds.lane);
        // A late commit between rows that are already known shows in neither bound: look at least once per poll interval.
        if (bounds.highest > lane.cursor || !lane.rows.contains(bounds.lowest) ||
            now_ - lane.lastRead >= settings_.pollInterval) {
            lane.hasWork = true;
        }
    }
    // Whoever emptied the lane (an operator's discard, a former holder's last mark) left nothing to judge.
    for (const auto number : empty) lanes_.at(number).suspects.clear();
}

void OutboxRelay::on(const relay::ProbeFailed&) {
    probing_ = false;
    probeDue_ = now_ + kDatabaseRetry;
}

void OutboxRelay::on(const relay::ReadFailed& event) {
    if (auto* lane = find(event.lane, event.epoch)) {
        lane->reading = lane->readIsStale = false;
        lane->hasWork = true;
        lane->retryAt = now_ + kDatabaseRetry;
    }
}

void OutboxRelay::on(relay::LaneRead& event) {
    auto* lane = find(event.lane, event.epoch);
    if (lane == nullptr) return;
    lane->reading = false;
    lane->lastRead = now_;
    lane->hasWork = true;
    // A stale read leaves out rows that failed since: to send what it found would overtake them.
    const bool stale = std::exchange(lane->readIsStale, false);
    if (stale || session_ != SessionState::open || draining_) return; // read again when it can be sent

    lane->hasWork = event.batch.more;
    lane->cursor = std::max(lane->cursor, event.batch.cursor);
    std::vector<Outgoing> records;
    for (auto& row : event.batch.rows) {
        const auto id = row.record.id;
        if (!lane->rows.emplace(id, false).second) continue;
        ++rows_;
        if (row.eventMissing) {
            ++figures_.orphans;
            settle(*lane, id);
        } else if (row.keyHeld) {
            hold(*lane, {id, std::move(row.record.orderKey), HeldRecord::State::parked, {}});
        } else {
            records.push_back({std::move(row.record), ++lastToken_});
        }
    }
    // A suspect that is in the queue no longer (an operator discarded it) cannot be judged, nor need it be.
    std::erase_if(lane->suspects, [&](auto id) {
        const bool passed = id <= lane->cursor || (event.batch.rows.empty() && !event.batch.more);
        return passed && !lane->rows.contains(id);
    });
    send(*lane, std::move(records));
}

// ---- marks ----

void OutboxRelay::on(const relay::Marked& event) {
    auto* lane = find(event.lane, event.epoch);
    if (lane == nullptr) return;
    if (event.result == MarkResult::lost) {
        ++figures_.lostLanes;
        forget(event.lane);
        return;
    }
    lane->marking = false;
    lane->lastMark = now_;
    for (const auto id : lane->settling) rows_ -= lane->rows.erase(id);
    for (const auto& row : lane->holding) rows_ -= lane->rows.erase(row.id);
    lane->settling.clear();
    lane->holding.clear();
}

void OutboxRelay::on(const relay::MarkFailed& event) {
    auto* lane = find(event.lane, event.epoch);
    if (lane == nullptr) return;
    if (abandoning_) { // the lock runs out by itself; the next holder sends the rows again
        forget(event.lane);
        return;
    }
    lane->marking = false;
    lane->retryAt = now_ + kDatabaseRetry;
    lane->toSettle.insert(lane->toSettle.end(), lane->settling.begin(), lane->settling.end());
    lane->toHold.insert(lane->toHold.begin(), lane->holding.begin(), lane->holding.end());
    lane->settling.clear();
    lane->holding.clear();
}

core::Instant OutboxRelay::markDue(const LaneState& lane) const {
    const bool full = lane.toSettle.size() + lane.toHold.size() >= settings_.markBatch;
    const bool hurry = full || draining_ || session_ != SessionState::open;
    return std::max(lane.retryAt, hurry ? now_ : lane.lastMark + settings_.markInterval);
}

void OutboxRelay::driveMarks() {
    for (auto& [number, lane] : lanes_) {
        if (lane.marking || (lane.toSettle.empty() && lane.toHold.empty()) || now_ < markDue(lane)) continue;
        lane.marking = true;
        lane.settling = std::exchange(lane.toSettle, {});
        lane.holding = std::exchange(lane.toHold, {});
        actions_.emplace_back(relay::MarkLane{lane.term, lane.epoch, lane.settling, lane.holding});
    }
}

// ---- reading ----

void OutboxRelay::driveProbe() {
    if (probing_ || lanes_.empty() || !mayRead()) return;
    if (!probeNow_ && now_ < probeDue_) return;
    probing_ = true;
    probeNow_ = false;
    relay::ProbeLanes probe;
    for (const auto& [number, lane] : lanes_) probe.lanes.push_back(number);
    actions_.emplace_back(std::move(probe));
}

bool OutboxRelay::mayRead() const {
    return session_ == SessionState::open && !draining_ && !stalled() && now_ >= pausedUntil_ &&
           bytes_ < settings_.maxInFlightBytes && rows_ < settings_.maxInFlightRows;
}

// How many more rows may be asked for. What reads under way will bring is not known yet: they count as full.
std::size_t OutboxRelay::roomToRead() const {
    const auto inRows = settings_.maxInFlightRows - std::min(rows_, settings_.maxInFlightRows);
    const auto inBytes = settings_.maxInFlightBytes - std::min(bytes_, settings_.maxInFlightBytes);
    auto room = std::min(inRows, std::max<std::size_t>(1, inBytes / typicalBytes_));
    for (const auto& [number, lane] : lanes_) {
        if (lane.reading) room -= std::min(room, settings_.batchSize);
    }
    return room;
}

void OutboxRelay::driveReads() {
    if (!mayRead() || lanes_.empty()) return;
    const bool solo = mode_ == SessionMode::solo;
    if (solo && (!inFlight_.empty() || anyReading() || anyProducing())) return;

    auto room = roomToRead();
    auto next = lanes_.lower_bound(firstLane_);
    for (std::size_t seen = 0; seen < lanes_.size(); ++seen, ++next) {
        if (next == lanes_.end()) next = lanes_.begin();
        auto& [number, lane] = *next;
        if (lane.reading || lane.producing || !lane.hasWork || now_ < lane.retryAt) continue;
        if (solo && lane.suspects.empty()) continue;
        const auto limit = solo ? std::size_t{1} : std::min(room, settings_.batchSize);
        if (limit == 0) break;
        room -= limit;
        lane.reading = true;
        lane.hasWork = false;
        firstLane_ = static_cast<Lane>((number + 1) % kLanes);
        std::vector<std::int64_t> known;
        known.reserve(lane.rows.size());
        for (const auto& row : lane.rows) known.push_back(row.first);
        actions_.emplace_back(
            relay::ReadLane{lane.term, lane.epoch, lane.cursor, limit, {std::move(known), false}});
        if (solo) break;
    }
}

// ---- the end ----

void OutboxRelay::on(const relay::DrainDeadline&) {
    draining_ = true;
    abandoning_ = true;
    breakSession();
}

void OutboxRelay::driveDrain() {
    if (!draining_) return;
    for (auto next = lanes_.begin(); next != lanes_.end();) {
        auto& lane = next->second;
        if (lane.rows.empty() && !lane.reading && !lane.producing && !lane.marking) {
            actions_.emplace_back(relay::ReleaseLane{lane.term});
            next = lanes_.erase(next);
        } else {
            ++next;
        }
    }
    if (session_ == SessionState::open && inFlight_.empty() && !anyProducing()) closeSession();
}

core::Instant OutboxRelay::nextTick(core::Instant now) const {
    auto next = now + settings_.pollInterval;
    const auto consider = [&](core::Instant when) { next = std::clamp(when, now, next); };
    const bool working = !draining_ && !lanes_.empty();
    if (working && session_ == SessionState::none) consider(openAt_);
    if (working && !probing_ && mayRead()) consider(probeDue_);
    if (pausedUntil_ > now) consider(pausedUntil_);
    for (const auto& [number, lane] : lanes_) {
        if (!lane.marking && !(lane.toSettle.empty() && lane.toHold.empty())) {
            consider(markDue(lane));
        }
        if (lane.hasWork && !lane.reading && session_ == SessionState::open) {
            if (std::max(lane.retryAt, pausedUntil_) > now) consider(std::max(lane.retryAt, pausedUntil_));
        }
    }
    return next;
}

relay::Figures OutboxRelay::figures() const {
    auto figures = figures_;
    figures.inFlightRows = rows_;
    figures.inFlightBytes = bytes_;
    figures.lanes = lanes_.size();
    figures.stalled = stalled();
    figures.soloLanes = session_ == SessionState::open && mode_ == SessionMode::solo ? 1 : 0;
    return figures;
}

} // namespace outboxd::scheduler
