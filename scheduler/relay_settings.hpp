// How the relay's rules behave, and what they count. What an operator may set of it is in docs/settings.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace outboxd::scheduler::relay {

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
    // A lane's settled rows are marked this long after the first of them at the latest. Each mark is a commit that the
    // writers' commits have to share the disk with, and late ones cost nothing but repetitions after a crash.
    std::chrono::microseconds markInterval = std::chrono::milliseconds{100};
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
