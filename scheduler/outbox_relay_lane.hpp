// A lane as the relay's rules hold it.
#pragma once

#include "scheduler/outbox_relay_rows.hpp"
#include "scheduler/relay_protocol.hpp"

#include <limits>
#include <optional>
#include <string>
#include <unordered_map>

namespace outboxd::scheduler::relay {

struct LaneState {
    LaneTerm term;
    Epoch epoch = 0;
    SessionMode mode = SessionMode::bulk; // the session it is bound to; changes only while nothing is out()

    // ---- rows ----
    RowsInHand rows;
    std::int64_t cursor = 0;
    std::vector<HeldRecord> toHold;  // verdicts, for the next mark
    std::vector<HeldRecord> holding; // in the mark under way
    // Lowest held id per key, as far as the next read might not show it yet. Rows before it are not behind it.
    std::unordered_map<std::string, std::int64_t> heldKeys;

    // ---- what makes it solo ----
    std::int64_t judgeUpTo = 0;            // the broker blamed rows of a batch, this one the highest
    std::size_t carefulRows = 0;           // so many more have to go well, one at a time, each noted
    std::optional<std::int64_t> condemned; // to be held, not sent
    std::vector<Outgoing> noted;           // waits for its note to be written

    // ---- what stops it ----
    bool leaving = false;              // to another node, or the node ends
    std::vector<LaneCommand> commands; // to be run once it is at rest
    std::vector<LaneCommand> running;  // being run
    std::vector<std::int64_t> ran; // ids of the last ones that were run: an older look may still bring them
    core::Instant commandsAt{};    // not before: they failed
    core::Instant::duration commandsRetry{};
    std::optional<core::Instant> settleBy; // when it stops waiting for the broker's reports
    bool blocked = false;                  // it has a FAILED row, which counts by `OnFailure::block`
    bool unprobed = false;                 // whether it has one is not known yet
    std::uint64_t probesFrom = 0;          // earlier probes tell nothing about it

    // ---- what is under way, and what is due ----
    bool reading = false, producing = false, noting = false, marking = false;
    bool readIsStale = false; // the read under way was asked for before its session broke
    bool readCounts =
        false; // the read under way takes every known row for queued: no mark may begin before it ends
    bool markUnknown = false; // a mark failed, and may have been done all the same
    bool hasWork = true;
    std::size_t asked = 0;     // rows, by the read under way
    std::size_t nextLimit = 0; // rows, for the next one
    core::Instant lastRead{}, nextRead{};
    core::Instant unmarkedSince{}; // when the first of the settled rows settled
    core::Instant retryAt{};       // after the database or a topic was not ready

    static constexpr auto kNoProbe = std::numeric_limits<std::uint64_t>::max();

    bool careful() const { return carefulRows > 0; }
    bool toBeSolo() const { return careful() || judgeUpTo > cursor; }
    // Something was asked for and not answered yet, except a mark.
    bool busy() const { return reading || producing || noting || !running.empty(); }
    // Something of it is with a session, or on the way to it or back.
    bool out() const { return busy() || rows.open() > 0; }
    bool mayMark() const { return !marking && rows.settled() > 0 && !(reading && readCounts); }
    // Nothing is in hand at all.
    bool atRest() const { return !busy() && !marking && rows.size() == 0; }
    bool stopping(core::Instant now) const {
        return leaving || !running.empty() || (!commands.empty() && now >= commandsAt);
    }
};

} // namespace outboxd::scheduler::relay
