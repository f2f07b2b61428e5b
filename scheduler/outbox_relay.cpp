#include "scheduler/outbox_relay.hpp"

#include <algorithm>
#include <utility>

namespace outboxd::scheduler {

std::vector<relay::Action> OutboxRelay::step(relay::Event event, core::Instant now) {
    now_ = now;
    actions_.clear();
    std::visit([this](auto& what) { on(what); }, event);
    driveSessions();
    driveMarks();
    driveOrders();
    driveProbe();
    driveReads();
    return std::exchange(actions_, {});
}

OutboxRelay::LaneState* OutboxRelay::find(Lane lane, relay::Epoch epoch) {
    const auto found = lanes_.find(lane);
    return found != lanes_.end() && found->second.epoch == epoch ? &found->second : nullptr;
}

// What is in flight of a lane that is no longer held is still reported, and then ignored: the next holder sends it again.
void OutboxRelay::on(relay::LaneTaken& event) {
    const auto lane = event.term.lane;
    lanes_.erase(lane); // taken again: whatever was known belongs to the former term
    if (draining_) {
        actions_.emplace_back(relay::ReleaseLane{std::move(event.term)});
        return;
    }
    auto& state = lanes_[lane];
    state.term = std::move(event.term);
    state.nextLimit = settings_.batchSize;
    state.carefulRows = event.care.careful ? settings_.batchSize : 0;
    state.condemned = event.care.condemned;
    beginAnew(state);
}

void OutboxRelay::on(const relay::LaneLost& event) {
    const auto found = lanes_.find(event.term.lane);
    if (found == lanes_.end() || found->second.term.holder != event.term.holder) return;
    fenced(event.term.lane);
}

void OutboxRelay::fenced(Lane lane) {
    ++figures_.lostLanes;
    lanes_.erase(lane);
}

bool OutboxRelay::drained() const {
    return draining_ && lanes_.empty() &&
           std::ranges::all_of(sessions_, [](const auto& one) { return one.state == Session::State::none; });
}

core::Instant OutboxRelay::nextTick(core::Instant now) const {
    auto next = now + settings_.pollInterval;
    // What was due at the last step was done then, or waits for something else.
    const auto consider = [&](core::Instant when) {
        if (when > now_) next = std::min(next, std::max(when, now));
    };
    for (const auto& session : sessions_) {
        consider(session.openAt);
        consider(session.pausedUntil);
    }
    consider(probeDue_);
    if (probeNow_) consider(lastProbe_ + settings_.readSpacing);
    for (const auto& [number, lane] : lanes_) {
        consider(lane.retryAt);
        consider(lane.commandsAt);
        if (lane.settleBy) consider(*lane.settleBy);
        if (lane.mayMark()) {
            const auto due = markDue(lane);
            if (due <= now_) return now; // since the last step
            consider(due);
        }
        if (lane.hasWork && !lane.reading) consider(lane.nextRead);
    }
    return next;
}

relay::Figures OutboxRelay::figures() const {
    auto figures = figures_;
    figures.inFlightRows = rowsInHand();
    figures.inFlightBytes = inFlight_.bytes();
    figures.lanes = lanes_.size();
    for (const auto& [number, lane] : lanes_) {
        figures.soloLanes += lane.mode == SessionMode::solo ? 1U : 0U;
        figures.carefulLanes += lane.careful() ? 1U : 0U;
        figures.blockedLanes += lane.blocked ? 1U : 0U;
    }
    figures.stalled = stalled(SessionMode::bulk) || stalled(SessionMode::solo);
    return figures;
}

} // namespace outboxd::scheduler
