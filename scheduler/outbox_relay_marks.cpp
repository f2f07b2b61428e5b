// Taking settled rows out of the queue: one mark of a lane at a time, as large as patience allows.
#include "scheduler/outbox_relay.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace outboxd::scheduler {

using namespace std::chrono_literals;

namespace {

constexpr auto kDatabaseRetry = std::chrono::microseconds{200ms};
// So small a part of a batch is still worth a mark of its own.
constexpr std::size_t kFewOfABatch = 8;

} // namespace

core::Instant OutboxRelay::markDue(const LaneState& lane) const {
    const auto settled = lane.rows.settled();
    // A mark without a gap costs less than half, which is worth some patience.
    const bool full =
        settled >= settings_.markBatch && (settled >= 2 * settings_.markBatch || lane.rows.mostAtFront());
    // Patience would not make these any more: the room is taken, or they are the last of many.
    const bool lastOfMany = !lane.hasWork && !lane.reading && settled >= settings_.markBatch / kFewOfABatch;
    const bool nothingToAdd = lane.rows.open() == 0 && (lastOfMany || room() == 0);
    const bool hurry = full || nothingToAdd || lane.careful() || lane.stopping(now_) ||
                       of(lane.mode).state != Session::State::open;
    return std::max(lane.retryAt, hurry ? now_ : lane.unmarkedSince + settings_.markInterval);
}

void OutboxRelay::driveMarks() {
    for (auto& [number, lane] : lanes_) {
        if (!lane.mayMark() || now_ < markDue(lane)) continue;
        lane.marking = true;
        lane.holding = std::exchange(lane.toHold, {});
        // After a mark of unknown outcome all of it is done again: no row of it may leave the queue later than the relay knows.
        actions_.emplace_back(
            relay::MarkLane{lane.term, lane.epoch, lane.rows.startMark(lane.markUnknown), lane.holding});
        lane.unmarkedSince = now_; // of those that are left
    }
}

void OutboxRelay::on(const relay::Marked& event) {
    auto* lane = find(event.lane, event.epoch);
    if (lane == nullptr) return;
    if (event.result == MarkResult::lost) return fenced(event.lane);
    ++figures_.marks;
    lane->marking = lane->markUnknown = false;
    lane->rows.marked(lane->reading);
    lane->holding.clear();
    forgetHeldKeys(*lane);
    if (!lane->toHold.empty()) return;
    if (lane->probesFrom == LaneState::kNoProbe) lane->probesFrom = probes_ + 1;
}

// Once every verdict is written down, the reads that begin from then on show what is held.
void OutboxRelay::forgetHeldKeys(LaneState& lane) {
    if (!lane.busy() && !lane.marking && lane.toHold.empty()) lane.heldKeys.clear();
}

void OutboxRelay::on(const relay::MarkFailed& event) {
    auto* lane = find(event.lane, event.epoch);
    if (lane == nullptr) return;
    if (abandoning_) { // the lock runs out by itself; the next holder sends the rows again
        lanes_.erase(event.lane);
        return;
    }
    lane->marking = false;
    lane->markUnknown = true;
    lane->retryAt = now_ + kDatabaseRetry;
    lane->rows.notMarked();
    lane->toHold.insert(lane->toHold.begin(), std::make_move_iterator(lane->holding.begin()),
                        std::make_move_iterator(lane->holding.end()));
    lane->holding.clear();
}

} // namespace outboxd::scheduler
