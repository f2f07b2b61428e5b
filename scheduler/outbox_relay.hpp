// The rules of the outbox relay: a state machine without threads, clock or I/O.
//
// The order promise (events of one key reach the broker in commit order by first delivery) rests on four invariants:
//  (I1) reads are fenced by the lane's lock;
//  (I2) within a session nothing of a key is produced after an unsettled failure of an earlier event of the key;
//  (I3) only the lane's holder changes queue and held rows;
//  (I4) partition counts are pinned.
// So every session sends, per key, a gapless prefix in id order of what was then unsettled; whatever a former holder
// still sends are repetitions.
//
// A failure of any record therefore ends its session: it is purged, its last reports are served, what was acknowledged
// is marked, and a new session starts each of its lanes from the lowest queued row. An outage is not poison: transport
// trouble blames no record. When the broker's code blames records of a batch, the lanes with suspects go solo: to a
// session that gives each record a batch of its own, and only that is a verdict: the row becomes FAILED, and its key
// goes on as `OnFailure` says. A lane belongs to one session at a time and changes it only while nothing of it is out.
//
// A lane that is handed over, or has commands, comes to rest first: it reads no more, its rows are settled and marked.
#pragma once

#include "platform/core/clock.hpp"
#include "scheduler/outbox_relay_lane.hpp"
#include "scheduler/outbox_relay_pace.hpp"

#include <array>
#include <map>
#include <span>

namespace outboxd::scheduler {

// Not thread-safe. step() never throws but std::bad_alloc.
class OutboxRelay {
public:
    explicit OutboxRelay(relay::Settings settings) : settings_(settings), pace_(settings.busyRate) {}

    // Takes in one event at time `now` (never going back) and returns what is to be done, in this order.
    // Every action but those on sessions and ReleaseLane must be answered by its event, whatever becomes of the lane.
    std::vector<relay::Action> step(relay::Event event, core::Instant now);

    // When the next Tick is due at the latest.
    core::Instant nextTick(core::Instant now) const;

    // Records given to the sessions and not reported yet.
    std::size_t outstanding() const { return inFlight_.rows(); }
    // After Drain: everything is settled and released.
    bool drained() const;
    relay::Figures figures() const;

private:
    using LaneState = relay::LaneState;
    struct Session {
        enum class State { none, open, breaking } state = State::none;
        std::size_t producing = 0;   // Produce actions that are not answered
        core::Instant openAt{};      // not before; moves away with each failed session
        core::Instant brokenAt{};    // since when it is breaking
        core::Instant lastReport{};  // or the first record after a quiet time
        core::Instant pausedUntil{}; // back-pressure
        core::Instant lastNeeded{};  // by a lane
        core::Instant::duration rebuildDelay{};
    };

    // outbox_relay.cpp: the lanes
    void on(const relay::Tick&) {}
    void on(relay::LaneTaken& event);
    void on(const relay::LaneLost& event);
    LaneState* find(Lane lane, relay::Epoch epoch);
    void fenced(Lane lane);
    // outbox_relay_reads.cpp
    void on(const relay::Doorbell&) { probeNow_ = true; }
    void on(const relay::Probed& event);
    void on(const relay::ProbeFailed&);
    void on(relay::LaneRead& event);
    void on(const relay::ReadFailed& event);
    bool seenEmpty(LaneState& lane);
    std::vector<relay::Outgoing> takeIn(LaneState& lane, LaneBatch& batch);
    void takeIn(LaneState& lane, QueuedRecord& row, std::vector<relay::Outgoing>& toSend);
    bool behindHeld(const LaneState& lane, const std::string& orderKey, std::int64_t id) const;
    void driveProbe();
    void driveReads();
    bool usable(SessionMode mode) const;
    bool mayRead(const LaneState& lane) const;
    std::size_t rowsInHand() const;
    std::size_t room() const;
    std::size_t limitOf(const LaneState& lane, std::size_t room) const;
    std::size_t worthwhile(const LaneState& lane) const;
    // outbox_relay_sends.cpp
    void on(relay::Noted& event);
    void on(const relay::NoteFailed& event);
    void on(relay::Produced& event);
    void on(const relay::Reported& event);
    void send(LaneState& lane, std::vector<relay::Outgoing> records);
    void produce(LaneState& lane, std::vector<relay::Outgoing> records);
    void unread(LaneState& lane, std::span<const relay::Outgoing> records);
    void judge(LaneState& lane, relay::InFlight::Row& row, const DeliveryReport& report);
    void settle(LaneState& lane, std::int64_t id);
    void hold(LaneState& lane, HeldRecord row);
    void rowSettled(LaneState& lane);
    // outbox_relay_marks.cpp
    void on(const relay::Marked& event);
    void on(const relay::MarkFailed& event);
    void driveMarks();
    core::Instant markDue(const LaneState& lane) const;
    static void forgetHeldKeys(LaneState& lane);
    // outbox_relay_sessions.cpp
    void driveSessions();
    void breakSession(SessionMode mode);
    void closeSession(SessionMode mode);
    void startOver(SessionMode mode);
    void bind(LaneState& lane);
    bool stalled(SessionMode mode) const;
    Session& of(SessionMode mode) { return sessions_[mode == SessionMode::solo ? 1 : 0]; }
    const Session& of(SessionMode mode) const { return sessions_[mode == SessionMode::solo ? 1 : 0]; }
    // outbox_relay_orders.cpp: commands, hand-over and the end
    void on(const relay::HandOver& event);
    void on(relay::CommandsFound& event);
    void on(const relay::CommandsRun& event);
    void on(const relay::CommandsFailed& event);
    void on(const relay::Drain&);
    void on(const relay::DrainDeadline&);
    void beginAnew(LaneState& lane);
    void driveOrders();

    const relay::Settings settings_;
    core::Instant now_{};
    std::vector<relay::Action> actions_;

    std::map<Lane, LaneState> lanes_;
    std::array<Session, 2> sessions_; // see of()
    relay::InFlight inFlight_;
    relay::Epoch lastEpoch_ = 0;
    relay::Pace pace_;
    std::size_t typicalBytes_ = 32U << 10; // of a row, by what was read lately

    bool probing_ = false, probeNow_ = true, draining_ = false, abandoning_ = false;
    std::uint64_t probes_ = 0; // counts them
    core::Instant probeDue_{}, lastProbe_{};
    core::Instant::duration pollAfter_ = settings_.pollInterval; // the last probe
    Lane firstLane_ = 0; // where the next round of reads begins, so that no lane starves
    relay::Figures figures_;
};

} // namespace outboxd::scheduler
