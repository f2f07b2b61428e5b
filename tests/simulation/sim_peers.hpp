// The nodes that share the lanes, as one of them sees it. Some may be counted that take nothing.
#pragma once

#include "scheduler/relay_peers.hpp"
#include "tests/simulation/sim_locks.hpp"

namespace outboxd::simulation {

class SimPeers final : public scheduler::RelayPeers {
public:
    SimPeers(SimDb& db, std::string node, Time silence, int phantoms, const SimLocks& network)
        : db_(db), node_(std::move(node)), silence_(silence), phantoms_(phantoms), network_(network) {}

    void beat() override {
        network_.elsewhere();
        network_.reach();
        db_.beat(node_);
    }
    std::vector<std::string> alive() override {
        network_.elsewhere();
        network_.reach();
        std::vector<std::string> names;
        for (const auto& [name, since] : db_.beats())
            if (db_.now() - since < silence_) names.push_back(name);
        for (int i = 0; i < phantoms_; ++i) names.push_back("phantom" + std::to_string(i));
        return names;
    }
    void withdraw() override {
        network_.reach();
        db_.withdraw(node_);
    }

private:
    SimDb& db_;
    const std::string node_;
    const Time silence_;
    const int phantoms_;
    const SimLocks& network_;
};

} // namespace outboxd::simulation
