// What operators order the owner of a lane to do, and what a lane remembers of its owners.
//
// Only the owner of a lane changes queue and held rows (invariant I3), so an order becomes commands in the database that
// the owner executes under its fence, once nothing of the lane is in flight.
#pragma once

#include "scheduler/outbox_source.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace outboxd::scheduler {

// One row of outbox_command, see sql/migrations/0009.
struct LaneCommand {
    enum class Kind { redrive, discard, republish, sync };
    std::int64_t id = 0;
    Lane lane = 0;
    Kind kind = Kind::redrive;
    std::string orderKey = {};
    std::int64_t event = 0, upTo = 0;
};

// How a lane is to be treated after its owners died on it.
struct LaneCare {
    bool careful = false;                       // its rows one at a time, each noted before it is sent
    std::optional<std::int64_t> condemned = {}; // several careful owners died with this one in hand: hold it
};

// Thread-safe. Every call throws core::Error when the database cannot answer; doing it again is harmless.
class LaneControl {
public:
    virtual ~LaneControl() = default;

    // The next due commands of `lanes`, at most `most` of each, in the order of their ids.
    virtual std::vector<LaneCommand> due(std::span<const Lane> lanes, std::size_t most) = 0;

    // One transaction, ended by the lane's fence: executes the commands, all of this lane, and writes down their end. A
    // command that was executed already has no effect.
    virtual MarkResult run(const LaneTerm& term, std::span<const LaneCommand> commands) = 0;

    // Called once after the lane was taken: notes the new owner, and tells from what the former one left how to begin.
    virtual LaneCare enter(const LaneTerm& term) = 0;

    // A careful owner is about to send this event alone. Fenced.
    virtual MarkResult note(const LaneTerm& term, std::int64_t event) = 0;

    // The owner lives and gives the lane up, or has lost it without dying: nothing is to be blamed on its rows.
    virtual void leave(const LaneTerm& term) = 0;
};

} // namespace outboxd::scheduler
