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
// A failure of any record therefore ends the session: it is purged, its last reports are served, what was acknowledged
// is marked, and a new session starts each lane from its lowest queued row. An outage is not poison: transport
// trouble blames no record. When the broker's code blames records of a batch, the suspects are tried one at a time in a
// solo session, and only that is a verdict: the row becomes FAILED, later rows of its key are PARKED.
#pragma once

#include "platform/core/clock.hpp"
#include "scheduler/relay_protocol.hpp"

#include <map>
#include <optional>
#include <set>
#include <unordered_map>

namespace outboxd::scheduler {

// Not thread-safe. step() never throws but std::bad_alloc.
class OutboxRelay {
public:
    explicit OutboxRelay(relay::Settings settings) : settings_(settings) {}

    // Takes in one event at time `now` (never going back) and returns what is to be done, in this order.
    // Each ProbeLanes, ReadLane, Produce and MarkLane must be answered by its event.
    std::vector<relay::Action> step(relay::Event event, core::Instant now);

    // When the next Tick is due at the latest.
    core::Instant nextTick(core::Instant now) const;

    // Records given to the session and not reported yet.
    std::size_t outstanding() const { return inFlight_.size(); }
    // After Drain: everything is settled and released.
    bool drained() const { return draining_ && lanes_.empty() && session_ == SessionState::none; }
    relay::Figures figures() const;

private:
    enum class SessionState { none, open, breaking };

    struct LaneState {
        LaneTerm term;
        relay::Epoch epoch = 0;
        std::int64_t cursor = 0;
        std::map<std::int64_t, bool>
            rows; // read and not yet marked; true once settled (acknowledged or held)
        std::vector<std::int64_t> toSettle; // acknowledged, for the next mark
        std::vector<HeldRecord> toHold;     // verdicts, for the next mark
        std::vector<std::int64_t> settling; // in the mark under way
        std::vector<HeldRecord> holding;
        // Lowest held id per key, as far as the next read might not show it yet. Rows before it are not behind it.
        std::map<std::string, std::int64_t> heldKeys;
        std::set<std::int64_t> suspects; // blamed by the broker in a batch; to be judged one at a time
        bool hasWork = true, reading = false, producing = false, marking = false;
        bool readIsStale = false; // the read under way was asked for before its session broke
        core::Instant lastRead{}, lastMark{};
        core::Instant retryAt{}; // after a failed read or mark
    };
    struct InFlight {
        Lane lane = 0;
        relay::Epoch epoch = 0;
        std::int64_t id = 0;
        std::size_t bytes = 0;
        std::string orderKey;
    };
    using Actions = std::vector<relay::Action>;

    void on(const relay::Tick&) {}
    void on(const relay::Doorbell&) { probeNow_ = true; }
    void on(relay::LaneTaken& event);
    void on(relay::LaneLost& event);
    void on(relay::Probed& event);
    void on(const relay::ProbeFailed&);
    void on(relay::LaneRead& event);
    void on(const relay::ReadFailed& event);
    void on(relay::Produced& event);
    void on(relay::Reported& event);
    void on(const relay::Marked& event);
    void on(const relay::MarkFailed& event);
    void on(const relay::HandOver&) {}
    void on(const relay::CommandsFound&) {}
    void on(const relay::CommandsRun&) {}
    void on(const relay::CommandsFailed&) {}
    void on(const relay::Noted&) {}
    void on(const relay::NoteFailed&) {}
    void on(const relay::Drain&) { draining_ = true; }
    void on(const relay::DrainDeadline&);

    LaneState* find(Lane lane, relay::Epoch epoch);
    void forget(Lane lane);
    void settle(LaneState& lane, std::int64_t id);
    void hold(LaneState& lane, HeldRecord row);
    void send(LaneState& lane, std::vector<relay::Outgoing> records);
    void judge(LaneState& lane, const InFlight& row, const DeliveryReport& report);
    void unread(LaneState& lane, const std::vector<relay::Outgoing>& records);
    void breakSession();
    void closeSession();

    void driveSession();
    void driveMarks();
    void driveProbe();
    void driveReads();
    void driveDrain();
    bool mayRead() const;
    bool anySuspects() const;
    bool anyReading() const;
    bool anyProducing() const;
    std::size_t roomToRead() const;
    bool stalled() const;
    core::Instant markDue(const LaneState& lane) const;

    const relay::Settings settings_;
    core::Instant now_{};
    Actions actions_;

    std::map<Lane, LaneState> lanes_;
    std::unordered_map<DeliveryToken, InFlight> inFlight_;
    DeliveryToken lastToken_ = 0;
    relay::Epoch lastEpoch_ = 0;
    std::size_t rows_ = 0;                 // read and not yet marked, of all lanes
    std::size_t bytes_ = 0;                // in flight
    std::size_t typicalBytes_ = 32U << 10; // of a row, by what was read lately

    SessionState session_ = SessionState::none;
    SessionMode mode_ = SessionMode::bulk;
    core::Instant openAt_{}; // not before; moves away with each failed session
    core::Instant brokenAt_{};
    core::Instant lastReport_{};  // or the first record after a quiet time
    core::Instant pausedUntil_{}; // back-pressure
    core::Instant::duration rebuildDelay_{};

    bool probing_ = false, probeNow_ = true, draining_ = false, abandoning_ = false;
    Lane firstLane_ = 0; // where the next round of reads begins, so that no lane starves
    core::Instant probeDue_{};
    relay::Figures figures_;
};

} // namespace outboxd::scheduler
