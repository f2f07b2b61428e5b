// A node's leases over locks and peers in memory.
#pragma once

#include "scheduler/lane_leases.hpp"
#include "tests/support/memory_locks.hpp"
#include "tests/support/memory_logger.hpp"
#include "tests/support/memory_peers.hpp"

#include <memory>
#include <utility>

namespace outboxd::testing {

struct LaneStage final : scheduler::LaneLeases::Listener {
    LaneStage(ManualClock& clock, MemoryLocks& locks, PeerTable& table, std::string node = "node-1",
              std::string singleLock = {})
        : peers(table, node),
          leases(locks, peers, clock, logger,
                 {std::move(node), std::chrono::seconds{10}, std::chrono::seconds{3}, std::move(singleLock)},
                 *this) {}
    std::vector<scheduler::LaneTerm> lanesTaken(std::vector<scheduler::LaneTerm> terms) override {
        if (refuses) return terms;
        taken.insert(taken.end(), terms.begin(), terms.end());
        return {};
    }
    void laneLost(const scheduler::LaneTerm& term) override { lost.push_back(term); }
    void handOver(const scheduler::LaneTerm& term) override { leaving.push_back(term); }

    std::size_t held() const { return leases.figures().held; }
    // One look, and the relay gives up at once what it is asked for.
    void look() {
        leases.round();
        for (const auto& term : std::exchange(leaving, {})) leases.release(term);
    }

    std::vector<scheduler::LaneTerm> taken, lost, leaving;
    bool refuses = false;
    MemoryPeers peers;
    MemoryLogger logger;
    scheduler::LaneLeases leases;
};

struct LaneWorld {
    ManualClock clock;
    MemoryLocks locks{clock};
    PeerTable table{clock};
};

} // namespace outboxd::testing
