// The half of the relay's rules that deals with the broker: sending, judging reports, breaking and opening sessions.
#include "scheduler/outbox_relay.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace outboxd::scheduler {

using namespace std::chrono_literals;
using relay::Outgoing;

namespace {

constexpr auto kLongestRebuildDelay = std::chrono::microseconds{5s};
constexpr auto kBackPressurePause = std::chrono::microseconds{2ms};
constexpr auto kNotReadyPause = std::chrono::microseconds{100ms};

std::size_t sizeOf(const OutboxRecord& record) {
    constexpr std::size_t perRecord = 128; // headers that the wire profile adds, and bookkeeping
    return record.orderKey.size() + record.headers.size() + (record.payload ? record.payload->size() : 0) +
           perRecord;
}

} // namespace

// ---- sending ----

void OutboxRelay::send(LaneState& lane, std::vector<Outgoing> records) {
    std::erase_if(records, [&](Outgoing& next) {
        const auto held = lane.heldKeys.find(next.record.orderKey);
        if (held == lane.heldKeys.end() || next.record.id < held->second) return false;
        hold(lane, {next.record.id, next.record.orderKey, HeldRecord::State::parked, {}});
        return true;
    });
    if (records.empty()) return;
    if (inFlight_.empty()) lastReport_ = now_;
    std::size_t sent = 0, read = 0;
    for (const auto& next : records) {
        const auto bytes = sizeOf(next.record);
        read += bytes;
        const bool room = bytes_ < settings_.maxInFlightBytes && (mode_ == SessionMode::bulk || sent == 0);
        if (!room) continue; // nor is there any for those after it
        ++sent;
        bytes_ += bytes;
        inFlight_.emplace(next.token,
                          InFlight{lane.term.lane, lane.epoch, next.record.id, bytes, next.record.orderKey});
    }
    typicalBytes_ = (typicalBytes_ + read / records.size() + 1) / 2;
    const std::vector<Outgoing> later(
        std::make_move_iterator(records.begin() + static_cast<std::ptrdiff_t>(sent)),
        std::make_move_iterator(records.end()));
    records.resize(sent);
    unread(lane, later);
    if (records.empty()) return;
    lane.producing = true;
    actions_.emplace_back(relay::Produce{mode_, lane.term.lane, lane.epoch, std::move(records)});
}

// Forgets rows that were read and not sent; the cursor goes back before the first of them.
void OutboxRelay::unread(LaneState& lane, const std::vector<Outgoing>& records) {
    if (records.empty()) return;
    for (const auto& row : records) rows_ -= lane.rows.erase(row.record.id);
    lane.cursor = std::min(lane.cursor, records.front().record.id - 1);
    lane.hasWork = true;
}

void OutboxRelay::on(relay::Produced& event) {
    for (const auto& row : event.rest) { // never accepted, so never reported
        const auto found = inFlight_.find(row.token);
        if (found == inFlight_.end()) continue;
        bytes_ -= found->second.bytes;
        inFlight_.erase(found);
    }
    auto* lane = find(event.lane, event.epoch);
    if (lane != nullptr) lane->producing = false;

    using Kind = ProduceResult::Kind;
    if (event.stop.kind == Kind::broken) breakSession();
    if (event.stop.kind == Kind::full) pausedUntil_ = now_ + kBackPressurePause;
    if (event.stop.kind == Kind::not_ready && lane != nullptr) lane->retryAt = now_ + kNotReadyPause;
    if (lane == nullptr || event.rest.empty()) return;

    if (event.stop.kind == Kind::refused && session_ == SessionState::open) {
        auto& refused = event.rest.front().record;
        hold(*lane, {refused.id, std::move(refused.orderKey), HeldRecord::State::failed, event.stop.error});
        event.rest.erase(event.rest.begin());
        for (auto& row : event.rest) row.token = ++lastToken_;
        send(*lane, std::move(event.rest));
    } else {
        unread(*lane, event.rest);
    }
}

// ---- reports ----

void OutboxRelay::on(relay::Reported& event) {
    if (!event.reports.empty()) lastReport_ = now_;
    for (const auto& report : event.reports) {
        const auto found = inFlight_.find(report.token);
        if (found == inFlight_.end()) continue;
        const auto row = std::move(found->second);
        inFlight_.erase(found);
        bytes_ -= row.bytes;
        if (auto* lane = find(row.lane, row.epoch)) judge(*lane, row, report);
        if (report.outcome != DeliveryReport::Outcome::delivered) breakSession();
    }
}

void OutboxRelay::judge(LaneState& lane, const InFlight& row, const DeliveryReport& report) {
    switch (report.outcome) {
    case DeliveryReport::Outcome::delivered:
        ++figures_.delivered;
        rebuildDelay_ = {};
        settle(lane, row.id);
        break;
    case DeliveryReport::Outcome::refused_by_rule:
        if (mode_ == SessionMode::solo) { // it was alone: the verdict is on this record
            rebuildDelay_ = {};
            hold(lane, {row.id, row.orderKey, HeldRecord::State::failed, report.error});
        } else {
            lane.suspects.insert(row.id);
        }
        break;
    case DeliveryReport::Outcome::failed: break; // unknown: sent again by the next session
    }
}

void OutboxRelay::settle(LaneState& lane, std::int64_t id) {
    const auto row = lane.rows.find(id);
    if (row == lane.rows.end() || row->second) return;
    row->second = true;
    lane.suspects.erase(id);
    lane.toSettle.push_back(id);
}

void OutboxRelay::hold(LaneState& lane, HeldRecord held) {
    const auto row = lane.rows.find(held.id);
    if (row == lane.rows.end() || row->second) return;
    row->second = true;
    lane.suspects.erase(held.id);
    held.state == HeldRecord::State::failed ? ++figures_.failed : ++figures_.parked;
    auto& lowest = lane.heldKeys.try_emplace(held.orderKey, held.id).first->second;
    lowest = std::min(lowest, held.id);
    lane.toHold.push_back(std::move(held));
}

// ---- sessions ----

bool OutboxRelay::anySuspects() const {
    return std::ranges::any_of(lanes_, [](const auto& lane) { return !lane.second.suspects.empty(); });
}

bool OutboxRelay::anyReading() const {
    return std::ranges::any_of(lanes_, [](const auto& lane) { return lane.second.reading; });
}

bool OutboxRelay::anyProducing() const {
    return std::ranges::any_of(lanes_, [](const auto& lane) { return lane.second.producing; });
}

bool OutboxRelay::stalled() const { return !inFlight_.empty() && now_ - lastReport_ >= settings_.stallAfter; }

void OutboxRelay::breakSession() {
    if (session_ != SessionState::open) return;
    session_ = SessionState::breaking;
    brokenAt_ = now_;
    ++figures_.brokenSessions;
    actions_.emplace_back(relay::PurgeSession{mode_});
}

void OutboxRelay::closeSession() {
    actions_.emplace_back(relay::CloseSession{mode_});
    session_ = SessionState::none;
}

void OutboxRelay::driveSession() {
    if (session_ == SessionState::breaking) {
        // A report that the client library owes us for longer than this never comes; the record counts as failed.
        const bool givenUp = now_ - brokenAt_ >= settings_.purgePatience;
        if ((inFlight_.empty() && !anyProducing()) || givenUp) {
            closeSession();
            inFlight_.clear();
            bytes_ = 0;
            for (auto& [number, lane] : lanes_) {
                rows_ -= std::erase_if(lane.rows, [](const auto& row) { return !row.second; });
                lane.cursor = 0;
                lane.hasWork = true;
                lane.producing = false;
                lane.readIsStale = lane.reading;
            }
            openAt_ = now_ + rebuildDelay_;
            rebuildDelay_ = std::clamp(rebuildDelay_ * 2, settings_.rebuildDelay, kLongestRebuildDelay);
        }
    }
    if (session_ == SessionState::open && mode_ == SessionMode::solo && !anySuspects() && inFlight_.empty() &&
        !anyProducing()) {
        closeSession(); // all judged and nothing unsettled: back to batches
    }
    if (session_ == SessionState::none && !draining_ && !lanes_.empty() && now_ >= openAt_) {
        mode_ = anySuspects() ? SessionMode::solo : SessionMode::bulk;
        session_ = SessionState::open;
        ++figures_.sessions;
        actions_.emplace_back(relay::OpenSession{mode_});
    }
}

} // namespace outboxd::scheduler
