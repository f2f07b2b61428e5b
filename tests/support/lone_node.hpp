// What a relay is told by a database in which it is alone and nobody orders anything.
#pragma once

#include "scheduler/lane_control.hpp"
#include "scheduler/relay_peers.hpp"

namespace outboxd::testing {

class NoPeers final : public scheduler::RelayPeers {
public:
    void beat() override {}
    std::vector<std::string> alive() override { return {}; }
    void withdraw() override {}
};

class NoCommands final : public scheduler::LaneControl {
public:
    std::vector<scheduler::LaneCommand> due(std::span<const scheduler::Lane>, std::size_t) override {
        return {};
    }
    scheduler::MarkResult run(const scheduler::LaneTerm&, std::span<const scheduler::LaneCommand>) override {
        return scheduler::MarkResult::marked;
    }
    scheduler::LaneCare enter(const scheduler::LaneTerm&) override { return {}; }
    scheduler::MarkResult note(const scheduler::LaneTerm&, std::int64_t) override {
        return scheduler::MarkResult::marked;
    }
    void leave(const scheduler::LaneTerm&) override {}
};

} // namespace outboxd::testing
