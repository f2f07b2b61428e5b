// Looking for work: probes, and the reads of the lanes that have some.
#include "scheduler/outbox_relay.hpp"

#include <algorithm>
#include <utility>

namespace outboxd::scheduler {

using namespace std::chrono_literals;
using relay::Outgoing;

namespace {

// How long looking rests after the database did not answer.
constexpr auto kDatabaseRetry = std::chrono::microseconds{200ms};
// Beside a mark the source must compare all known rows with the queue: with more of them, the read waits for the mark.
constexpr std::size_t kFewRows = 100;

} // namespace

// ---- probes ----

void OutboxRelay::on(const relay::Probed& event) {
    probing_ = false;
    bool found = false;
    for (auto& [number, lane] : lanes_) {
        if (probes_ < lane.probesFrom) continue;
        const auto bounds = std::ranges::find(event.lanes, number, &LaneBounds::lane);
        if (bounds == event.lanes.end()) {
            seenEmpty(lane);
            continue;
        }
        lane.unprobed = false;
        lane.blocked = settings_.onFailure == relay::OnFailure::block && bounds->blocked;
        // A late commit between rows that are in hand shows in neither bound, only in a count if there is one: look at
        // least once per poll interval.
        const bool late = bounds->rows && !lane.marking && *bounds->rows > lane.rows.size();
        const bool more = bounds->highest > lane.cursor || late;
        found = found || more;
        if (more || !lane.rows.contains(bounds->lowest) || now_ - lane.lastRead >= settings_.pollInterval) {
            lane.hasWork = true;
        }
    }
    // While something comes the next look is soon, and each one in vain doubles the time to the next.
    const auto soon = std::max(pace_.busy() ? settings_.readSpacing : 0us, settings_.shortestPoll);
    pollAfter_ = std::clamp(found ? soon : pollAfter_ * 2, std::min(soon, settings_.pollInterval),
                            settings_.pollInterval);
    probeDue_ = now_ + pollAfter_;
}

void OutboxRelay::on(const relay::ProbeFailed&) {
    probing_ = false;
    probeDue_ = lastProbe_ = now_ + kDatabaseRetry;
}

// Whoever emptied the lane (an operator, a former holder's last mark) left nothing to judge or to be careful with.
bool OutboxRelay::seenEmpty(LaneState& lane) {
    if (!lane.atRest()) return false;
    lane.judgeUpTo = 0;
    lane.carefulRows = 0;
    return true;
}

bool OutboxRelay::usable(SessionMode mode) const {
    const auto& session = of(mode);
    return session.state == Session::State::open && !stalled(mode) && now_ >= session.pausedUntil;
}

void OutboxRelay::driveProbe() {
    if (probing_ || draining_ || lanes_.empty() || room() == 0) return;
    if (!usable(SessionMode::bulk) && !usable(SessionMode::solo)) return;
    // During a drain each lane is read as soon as there is room, and its read shows more than a look at its bounds.
    const auto tellsNothing = [](const auto& entry) {
        const auto& lane = entry.second;
        return (lane.hasWork || lane.reading) && !lane.blocked && !lane.unprobed;
    };
    if (pace_.busy() && std::ranges::all_of(lanes_, tellsNothing)) return;
    const auto rung = lastProbe_ + (pace_.busy() ? settings_.readSpacing : 0us);
    if (now_ < (probeNow_ ? rung : probeDue_)) return;
    probing_ = true;
    probeNow_ = false;
    lastProbe_ = now_;
    ++probes_;
    relay::ProbeLanes probe;
    for (const auto& [number, lane] : lanes_) probe.lanes.push_back(number);
    actions_.emplace_back(std::move(probe));
}

// ---- reads ----

std::size_t OutboxRelay::rowsInHand() const {
    std::size_t rows = 0;
    for (const auto& [number, lane] : lanes_) rows += lane.rows.size();
    return rows;
}

// How many more rows may be asked for. What reads under way will bring is not known yet: they count as full.
std::size_t OutboxRelay::room() const {
    std::size_t asked = 0;
    for (const auto& [number, lane] : lanes_) asked += lane.reading ? lane.asked : 0;
    const auto rows = rowsInHand() + asked;
    const auto bytes = inFlight_.bytes() + asked * typicalBytes_;
    if (rows >= settings_.maxInFlightRows || bytes >= settings_.maxInFlightBytes) return 0;
    return std::min(settings_.maxInFlightRows - rows,
                    std::max<std::size_t>(1, (settings_.maxInFlightBytes - bytes) / typicalBytes_));
}

bool OutboxRelay::mayRead(const LaneState& lane) const {
    if (!lane.hasWork || lane.reading || lane.producing || lane.noting) return false;
    if (lane.blocked || lane.unprobed || lane.stopping(now_) || !usable(lane.mode)) return false;
    if (lane.mode == SessionMode::solo && !lane.toBeSolo())
        return false; // it comes back once nothing of it is out
    if (lane.marking && lane.rows.size() > kFewRows) return false;
    return now_ >= std::max(lane.nextRead, lane.retryAt);
}

std::size_t OutboxRelay::limitOf(const LaneState& lane, std::size_t room) const {
    if (lane.mode == SessionMode::bulk) return std::min(room, lane.nextLimit);
    if (!lane.careful())
        return std::min(room, settings_.soloWindow - std::min(settings_.soloWindow, lane.rows.open()));
    // One careful row of the node at a time, until it is out of the queue: if the process dies, that one is to blame.
    const bool alone = std::ranges::all_of(
        lanes_, [](const auto& other) { return !other.second.careful() || other.second.atRest(); });
    return alone ? 1 : 0;
}

// A read of few rows costs nearly as much as one of many: while much is in hand, it waits until there is room.
std::size_t OutboxRelay::worthwhile(const LaneState& lane) const {
    const auto byBytes = std::max<std::size_t>(1, settings_.maxInFlightBytes / typicalBytes_);
    return std::min({lane.nextLimit, settings_.maxInFlightRows / 2, byBytes / 2}) / 2;
}

void OutboxRelay::driveReads() {
    auto room = lanes_.empty() || draining_ ? 0 : this->room();
    auto next = lanes_.lower_bound(firstLane_);
    for (std::size_t seen = 0; seen < lanes_.size() && room > 0; ++seen, ++next) {
        if (next == lanes_.end()) next = lanes_.begin();
        auto& [number, lane] = *next;
        if (!mayRead(lane)) continue;
        const auto limit = limitOf(lane, room);
        if (limit == 0 || (lane.mode == SessionMode::bulk && limit < worthwhile(lane))) continue;
        room -= limit;
        lane.reading = true;
        lane.hasWork = false;
        lane.asked = limit;
        lane.readCounts = !lane.marking && !lane.markUnknown;
        lane.nextRead = now_ + (pace_.busy() ? settings_.readSpacing : 0us);
        firstLane_ = static_cast<Lane>((number + 1) % kLanes);
        actions_.emplace_back(relay::ReadLane{
            lane.term, lane.epoch, lane.cursor, limit, {lane.rows.upTo(lane.cursor), lane.readCounts}});
    }
}

void OutboxRelay::on(const relay::ReadFailed& event) {
    if (auto* lane = find(event.lane, event.epoch)) {
        lane->reading = lane->readIsStale = false;
        lane->rows.forgetMarked();
        forgetHeldKeys(*lane);
        lane->hasWork = true;
        lane->retryAt = now_ + kDatabaseRetry;
    }
}

void OutboxRelay::on(relay::LaneRead& event) {
    auto* lane = find(event.lane, event.epoch);
    if (lane == nullptr) return;
    lane->reading = false;
    lane->lastRead = now_;
    auto toSend = takeIn(*lane, event.batch);
    lane->rows.forgetMarked();
    forgetHeldKeys(*lane);
    send(*lane, std::move(toSend));
}

std::vector<Outgoing> OutboxRelay::takeIn(LaneState& lane, LaneBatch& batch) {
    lane.hasWork = true;
    // A stale read leaves out rows that failed since: to send what it found would overtake them.
    const bool stale = std::exchange(lane.readIsStale, false);
    if (stale || lane.blocked || lane.stopping(now_) || of(lane.mode).state != Session::State::open)
        return {};

    pace_.note(batch.rows.size(), now_);
    lane.hasWork = batch.more;
    if (batch.more) lane.nextRead = now_; // a batch waits: no need for patience
    lane.nextLimit = batch.more
                         ? std::min(lane.nextLimit * 2, std::max(settings_.batchSize, settings_.largestBatch))
                         : settings_.batchSize;
    lane.cursor = std::max(lane.cursor, batch.cursor);
    if (batch.rows.empty() && !batch.more && seenEmpty(lane)) return {};

    std::vector<Outgoing> toSend;
    toSend.reserve(batch.rows.size());
    for (auto& row : batch.rows) {
        if (lane.blocked) { // by a row before this one
            lane.cursor = std::min(lane.cursor, row.record.id - 1);
            lane.hasWork = true;
            break;
        }
        if (lane.rows.add(row.record.id)) takeIn(lane, row, toSend);
    }
    return toSend;
}

void OutboxRelay::takeIn(LaneState& lane, QueuedRecord& row, std::vector<Outgoing>& toSend) {
    using State = HeldRecord::State;
    const auto id = row.record.id;
    auto& key = row.record.orderKey;
    if (row.eventMissing) {
        ++figures_.orphans;
        settle(lane, id);
    } else if (lane.condemned == id) {
        lane.condemned.reset();
        hold(
            lane,
            {id, std::move(key), State::failed,
             "several owners of its lane died one after the other with this event in hand; it was not sent again"});
    } else if (row.keyPaused || (row.keyHeld && settings_.onFailure != relay::OnFailure::skip) ||
               behindHeld(lane, key, id)) {
        hold(lane, {id, std::move(key), State::parked, {}});
    } else if (row.paused) {
        hold(lane, {id, std::move(key), State::paused, "its topic is paused"});
    } else {
        toSend.push_back({std::move(row.record), 0});
    }
}

bool OutboxRelay::behindHeld(const LaneState& lane, const std::string& orderKey, std::int64_t id) const {
    if (lane.heldKeys.empty()) return false;
    const auto held = lane.heldKeys.find(orderKey);
    return held != lane.heldKeys.end() && held->second < id;
}

} // namespace outboxd::scheduler
