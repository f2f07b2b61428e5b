// The outbox tables as the relay's rules see them.
#pragma once

#include "scheduler/lane.hpp"
#include "scheduler/outbox_record.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace outboxd::scheduler {

// A lane under one acquisition of its lock: `holder` is shedlock.locked_by, unique per acquisition.
struct LaneTerm {
    Lane lane = 0;
    std::string holder;
};

struct LaneBounds {
    Lane lane = 0;
    std::int64_t lowest = 0;
    std::int64_t highest = 0;
    bool blocked = false; // outbox_held has a FAILED row of the lane; asked for with `block` only
    std::optional<std::size_t> rows = {}; // how many stand in the queue, where that is cheap to know
};

struct QueuedRecord {
    OutboxRecord record;
    bool keyHeld = false;      // outbox_held has an earlier row of this key
    bool keyPaused = false;    // the same, and one of them because of a pause: PAUSED, or PARKED behind one
    bool paused = false;       // its topic is paused; not the source's to know
    bool eventMissing = false; // the queue names an event that is not there: nothing can be sent
};

// What one poll of a lane found, ascending by id.
struct LaneBatch {
    std::vector<QueuedRecord> rows;
    std::int64_t cursor = 0; // rows up to here have been seen
    bool more = false;       // the limit was reached
};

struct HeldRecord {
    std::int64_t id = 0;
    std::string orderKey;
    enum class State { failed, parked, paused } state = State::failed;
    std::string error;
};

// Rows at or below the cursor that the relay has in hand: read earlier, not yet known to be out of the queue.
struct KnownRows {
    std::vector<std::int64_t> ids; // ascending, each once
    // Each of them stands in the queue for certain, and will until the read has ended (no mark of the lane is under way or
    // of unknown outcome, and none begins), so there are other rows at or below the cursor if and only if the queue has
    // more rows there than these.
    bool allQueued = false;
};

enum class MarkResult { marked, lost };

// Several threads use it at once: those that probe and read, one call per lane and one probe at a time, and the one that
// marks, which may be the same lane. Every call throws core::Error
// when the database cannot answer; nothing has then been changed, or, for mark(), it may have been: doing it again is
// harmless.
class OutboxSource {
public:
    virtual ~OutboxSource() = default;

    // Lowest and highest queued id of each of `lanes` that has rows, and how many these are if there are few.
    virtual std::vector<LaneBounds> probe(std::span<const Lane> lanes) = 0;

    // Two polls, fenced by the lane's lock (nothing is returned to a former holder), B in the snapshot of A or later:
    // A: at most `limit` rows after `cursor`; B: rows at or below `cursor`, without those that are known, so late commits
    // are found, if not by this read then by the next. A seen successor implies a seen predecessor.
    // Of more than `limit` rows of B the lowest are returned, and nothing of A.
    virtual LaneBatch read(const LaneTerm& term, std::int64_t cursor, std::size_t limit,
                           const KnownRows& known) = 0;

    // One transaction: takes `settled` (ascending, each once) and `held` out of the queue, adds `held` to the held rows, then checks that
    // the lock is still held; if not, nothing is changed and the result is `lost`.
    // Rows parked behind no FAILED or PAUSED row of their key are ordered back to the queue.
    virtual MarkResult mark(const LaneTerm& term, std::span<const std::int64_t> settled,
                            std::span<const HeldRecord> held) = 0;
};

} // namespace outboxd::scheduler
