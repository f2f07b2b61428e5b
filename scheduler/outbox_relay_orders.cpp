// What others want of a lane: that it is handed over, that commands are run on it, that all of it ends. All of these
// wait until the lane is at rest, but for the broker's reports no longer than `settleTime`.
#include "scheduler/outbox_relay.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace outboxd::scheduler {

using namespace std::chrono_literals;

namespace {

constexpr auto kCommandRetry = std::chrono::microseconds{200ms};
constexpr auto kLongestCommandRetry = std::chrono::microseconds{5s};

bool contains(const std::vector<LaneCommand>& commands, std::int64_t id) {
    return std::ranges::find(commands, id, &LaneCommand::id) != commands.end();
}

} // namespace

// Nothing of the lane is in hand. What is known of it may not be true any more.
void OutboxRelay::beginAnew(LaneState& lane) {
    lane.epoch = ++lastEpoch_;
    lane.cursor = 0;
    lane.heldKeys.clear();
    lane.judgeUpTo = 0;
    lane.hasWork = true;
    lane.blocked = false;
    lane.unprobed = settings_.onFailure == relay::OnFailure::block;
    lane.probesFrom = probes_ + 1;
    probeNow_ = true;
}

// ---- commands ----

void OutboxRelay::on(relay::CommandsFound& event) {
    const auto found = lanes_.find(event.lane);
    if (found == lanes_.end()) return;
    auto& lane = found->second;
    for (auto& command : event.commands) {
        const auto id = command.id;
        if (contains(lane.commands, id) || contains(lane.running, id) ||
            std::ranges::find(lane.ran, id) != lane.ran.end())
            continue;
        lane.commands.push_back(std::move(command));
    }
    std::ranges::sort(lane.commands, {}, &LaneCommand::id);
}

void OutboxRelay::on(const relay::CommandsRun& event) {
    auto* lane = find(event.lane, event.epoch);
    if (lane == nullptr) return;
    if (event.result == MarkResult::lost) return fenced(event.lane);
    figures_.commandsRun += lane->running.size();
    lane->ran.clear();
    for (const auto& command : lane->running) lane->ran.push_back(command.id);
    lane->running.clear();
    lane->commandsRetry = {};
    beginAnew(*lane);
}

// They may have been run all the same. The lane goes on until they are tried again, ever more rarely.
void OutboxRelay::on(const relay::CommandsFailed& event) {
    auto* lane = find(event.lane, event.epoch);
    if (lane == nullptr) return;
    lane->commands.insert(lane->commands.begin(), std::make_move_iterator(lane->running.begin()),
                          std::make_move_iterator(lane->running.end()));
    lane->running.clear();
    lane->commandsRetry =
        std::clamp<core::Instant::duration>(lane->commandsRetry * 2, kCommandRetry, kLongestCommandRetry);
    lane->commandsAt = now_ + lane->commandsRetry;
    beginAnew(*lane);
}

// ---- hand-over and end ----

void OutboxRelay::on(const relay::HandOver& event) {
    const auto found = lanes_.find(event.term.lane);
    if (found == lanes_.end() || found->second.term.holder != event.term.holder) return;
    found->second.leaving = true;
}

void OutboxRelay::on(const relay::Drain&) {
    draining_ = true;
    for (auto& [number, lane] : lanes_) lane.leaving = true;
}

void OutboxRelay::on(const relay::DrainDeadline&) {
    on(relay::Drain{});
    abandoning_ = true;
    breakSession(SessionMode::bulk);
    breakSession(SessionMode::solo);
}

void OutboxRelay::driveOrders() {
    for (auto next = lanes_.begin(); next != lanes_.end();) {
        const auto here = next++;
        auto& lane = here->second;
        if (!lane.stopping(now_)) {
            lane.settleBy.reset();
            continue;
        }
        if (!lane.settleBy) lane.settleBy = now_ + settings_.settleTime;
        // When time is over: who takes the lane sends the unreported rows again. To go on with it here, they have to be out
        // of the session first, or each command would leave another copy of them there. The end has its own deadline.
        if (now_ >= *lane.settleBy && lane.rows.open() > 0 && !lane.busy() && !draining_) {
            if (lane.leaving) {
                figures_.unknown += lane.rows.forgetOpen();
            } else {
                breakSession(lane.mode);
            }
        }
        if (!lane.atRest()) continue;
        if (!lane.leaving) {
            lane.running = std::exchange(lane.commands, {});
            actions_.emplace_back(relay::RunCommands{lane.term, lane.epoch, lane.running});
        } else {
            actions_.emplace_back(relay::ReleaseLane{std::move(lane.term)});
            if (!draining_) ++figures_.handedOver;
            lanes_.erase(here);
        }
    }
}

} // namespace outboxd::scheduler
