// What the relay's state machine is told, and what it asks for. Plain values: the daemon's threads and the
// simulation's seeded loop drive the same rules.
#pragma once

#include "scheduler/event_sink.hpp"
#include "scheduler/lane_control.hpp"
#include "scheduler/outbox_source.hpp"

#include <variant>
#include <vector>

namespace outboxd::scheduler::relay {

// Counts the times that a lane was taken, so that an answer to an earlier term is recognised and dropped.
using Epoch = std::uint64_t;

struct Outgoing {
    OutboxRecord record;
    DeliveryToken token = 0;
};

// ---- events ----
struct Tick {};     // time has passed
struct Doorbell {}; // somebody committed events
struct LaneTaken {
    LaneTerm term;
    LaneCare care = {};
};
struct LaneLost {
    LaneTerm term;
}; // by expiry, by an unsuccessful renewal or by a fence
struct Probed {
    std::vector<LaneBounds> lanes;
};
struct ProbeFailed {};
struct LaneRead {
    Lane lane;
    Epoch epoch;
    LaneBatch batch;
};
struct ReadFailed {
    Lane lane;
    Epoch epoch;
};
struct Produced { // how far a Produce went; `rest` starts with the record that was not accepted
    Lane lane;
    Epoch epoch;
    std::vector<Outgoing> rest;
    ProduceResult stop; // `accepted` when rest is empty
};
struct Reported {
    std::vector<DeliveryReport> reports;
};
struct Marked {
    Lane lane;
    Epoch epoch;
    MarkResult result;
};
struct MarkFailed {
    Lane lane;
    Epoch epoch;
};
struct
    HandOver { // another node shall have the lane: settle what is in flight, within a bound, and release it
    LaneTerm term;
};
struct CommandsFound { // all of one lane; may repeat what was found before
    Lane lane;
    std::vector<LaneCommand> commands;
};
struct CommandsRun {
    Lane lane;
    Epoch epoch;
    MarkResult result;
};
struct CommandsFailed {
    Lane lane;
    Epoch epoch;
};
struct Noted {
    Lane lane;
    Epoch epoch;
    MarkResult result;
};
struct NoteFailed {
    Lane lane;
    Epoch epoch;
};
struct Drain {};         // stop reading, settle what is in flight, release the lanes
struct DrainDeadline {}; // stop waiting for the broker; keep what it has acknowledged

using Event = std::variant<Tick, Doorbell, LaneTaken, LaneLost, Probed, ProbeFailed, LaneRead, ReadFailed,
                           Produced, Reported, Marked, MarkFailed, HandOver, CommandsFound, CommandsRun,
                           CommandsFailed, Noted, NoteFailed, Drain, DrainDeadline>;

// ---- actions ----
struct ProbeLanes {
    std::vector<Lane> lanes;
};
struct ReadLane {
    LaneTerm term;
    Epoch epoch;
    std::int64_t cursor;
    std::size_t limit;
    std::vector<std::int64_t> known;
};
struct Produce {
    Lane lane;
    Epoch epoch;
    std::vector<Outgoing> records;
};
struct MarkLane {
    LaneTerm term;
    Epoch epoch;
    std::vector<std::int64_t> settled;
    std::vector<HeldRecord> held;
};
struct RunCommands { // only while nothing of the lane is in flight or being marked
    LaneTerm term;
    Epoch epoch;
    std::vector<LaneCommand> commands;
};
struct NoteRow { // before a careful lane sends this row
    LaneTerm term;
    Epoch epoch;
    std::int64_t id;
};
struct OpenSession {
    SessionMode mode;
};
struct PurgeSession {};
struct CloseSession {};
struct ReleaseLane {
    LaneTerm term;
};

using Action = std::variant<ProbeLanes, ReadLane, Produce, MarkLane, RunCommands, NoteRow, OpenSession,
                            PurgeSession, CloseSession, ReleaseLane>;

struct Settings {
    std::chrono::microseconds pollInterval = std::chrono::milliseconds{50};
    std::chrono::microseconds markInterval = std::chrono::milliseconds{20};
    std::chrono::microseconds stallAfter = std::chrono::seconds{5}; // without any report: stop reading
    std::chrono::microseconds rebuildDelay =
        std::chrono::milliseconds{100};                                 // doubled per failed session, to 5 s
    std::chrono::microseconds purgePatience = std::chrono::seconds{10}; // reports missing after a purge
    std::size_t batchSize = 2000;
    std::size_t markBatch = 2000;
    std::size_t maxInFlightRows = 10000;
    std::size_t maxInFlightBytes = 64U << 20;
};

struct Figures {
    std::uint64_t delivered = 0, failed = 0, parked = 0, orphans = 0; // rows
    std::uint64_t sessions = 0, brokenSessions = 0, lostLanes = 0;
    std::size_t inFlightRows = 0, inFlightBytes = 0, lanes = 0;
    bool stalled = false, solo = false;
};

} // namespace outboxd::scheduler::relay
