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

// What becomes of the later events of a key of which one is FAILED.
enum class OnFailure {
    park,  // they are held PARKED behind it
    block, // its lane waits until an operator's command
    skip,  // they go on: the key's order is waived
};

struct Settings {
    // Between two looks when nobody rings: soon after something came, else the longer the longer nothing does.
    std::chrono::microseconds shortestPoll = std::chrono::milliseconds{1};
    std::chrono::microseconds pollInterval = std::chrono::milliseconds{50};
    // A lane's settled rows are marked this long after the first of them at the latest: when few rows come, and when many.
    std::chrono::microseconds markInterval = std::chrono::milliseconds{20};
    std::chrono::microseconds busyMarkInterval = std::chrono::milliseconds{100};
    // Between two looks at a lane while many rows come, unless a whole batch is waiting.
    std::chrono::microseconds readSpacing = std::chrono::milliseconds{2};
    std::size_t busyRate = 1500;                                    // rows per second that count as many
    std::chrono::microseconds stallAfter = std::chrono::seconds{5}; // without any report: stop reading
    std::chrono::microseconds rebuildDelay =
        std::chrono::milliseconds{100};                                 // doubled per failed session, to 5 s
    std::chrono::microseconds purgePatience = std::chrono::seconds{10}; // reports missing after a purge
    std::chrono::microseconds settleTime =
        std::chrono::seconds{5}; // how long a hand-over or a command waits for the lane's reports
    std::size_t batchSize = 2000;
    std::size_t largestBatch = 4000; // grown to while batches come back full
    std::size_t markBatch = 2000;    // so many are marked at once
    std::size_t soloWindow = 64;     // rows of a lane that may be out while it is solo
    std::size_t maxInFlightRows = 10000;
    std::size_t maxInFlightBytes = 16U << 20;
    OnFailure onFailure = OnFailure::park;
};

struct Figures {
    std::uint64_t delivered = 0, failed = 0, parked = 0, paused = 0, orphans = 0; // rows
    std::uint64_t unknown = 0; // rows without a known outcome, sent again: possible duplicates
    std::uint64_t sessions = 0, brokenSessions = 0, soloSessions = 0, brokenSoloSessions = 0;
    std::uint64_t marks = 0, commandsRun = 0, lostLanes = 0, handedOver = 0;
    std::size_t inFlightRows = 0;  // read and not yet marked
    std::size_t inFlightBytes = 0; // given to the producers and not yet reported
    std::size_t lanes = 0, soloLanes = 0, carefulLanes = 0, blockedLanes = 0;
    bool stalled = false; // a session's broker is silent
};

} // namespace outboxd::scheduler::relay
