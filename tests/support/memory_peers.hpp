// The nodes that share the lanes, in memory, by a manual clock.
#pragma once

#include "platform/core/error.hpp"
#include "scheduler/relay_peers.hpp"
#include "tests/support/manual_clock.hpp"

#include <map>

namespace outboxd::testing {

// For one thread.
class PeerTable {
public:
    explicit PeerTable(const ManualClock& clock) : clock_(clock) {}
    void beat(const std::string& node) { beats_[node] = clock_.now(), ++writes_; }
    void withdraw(const std::string& node) { beats_.erase(node); }
    std::vector<std::string> alive() const {
        if (down_) throw core::Error(core::ErrorKind::unavailable, "the nodes cannot be read");
        std::vector<std::string> names;
        for (const auto& [name, at] : beats_) {
            if (clock_.now() - at < std::chrono::seconds{5}) names.push_back(name);
        }
        return names;
    }
    void goDown() { down_ = true; }
    void comeBack() { down_ = false; }
    int writes() const { return writes_; }

private:
    const ManualClock& clock_;
    std::map<std::string, core::Instant> beats_;
    bool down_ = false;
    int writes_ = 0;
};

class MemoryPeers final : public scheduler::RelayPeers {
public:
    MemoryPeers(PeerTable& table, std::string node) : table_(table), node_(std::move(node)) {}
    void beat() override { table_.beat(node_); }
    std::vector<std::string> alive() override { return table_.alive(); }
    void withdraw() override { table_.withdraw(node_); }

private:
    PeerTable& table_;
    const std::string node_;
};

} // namespace outboxd::testing
