// What the relay's state machine is told, and what it asks for. Plain values: the daemon's threads and the
// simulation's seeded loop drive the same rules.
#pragma once

#include "scheduler/event_sink.hpp"
#include "scheduler/lane_control.hpp"
#include "scheduler/outbox_source.hpp"
#include "scheduler/relay_settings.hpp"

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
struct
    Produced { // answers each Produce, also of a lane that was lost: how far a Produce went; `rest` starts with the record that was not accepted
    SessionMode mode;
    Lane lane;
    Epoch epoch;
    std::vector<Outgoing> rest;
    ProduceResult stop; // `accepted` when rest is empty
};
struct Reported { // of both sessions
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
    KnownRows known;
};
struct Produce {
    SessionMode mode;
    Lane lane;
    Epoch epoch;
    std::vector<Outgoing> records;
};
struct MarkLane {
    LaneTerm term;
    Epoch epoch;
    std::vector<std::int64_t> settled; // ascending, each once
    std::vector<HeldRecord> held;
};
struct RunCommands { // given only while nothing of the lane is in hand
    LaneTerm term;
    Epoch epoch;
    std::vector<LaneCommand> commands;
};
struct NoteRow { // before a careful lane sends this row
    LaneTerm term;
    Epoch epoch;
    std::int64_t id;
};
// Two sessions at most: a bulk one, and a solo one for the lanes whose rows are to be judged or noted one by one.
struct OpenSession {
    SessionMode mode;
};
struct PurgeSession {
    SessionMode mode;
};
struct CloseSession {
    SessionMode mode;
};
struct ReleaseLane {
    LaneTerm term;
};

using Action = std::variant<ProbeLanes, ReadLane, Produce, MarkLane, RunCommands, NoteRow, OpenSession,
                            PurgeSession, CloseSession, ReleaseLane>;

} // namespace outboxd::scheduler::relay
