// One time for the whole world, and what the nodes' clocks make of it.
#pragma once

#include "platform/core/clock.hpp"

namespace outboxd::simulation {

using Time = std::chrono::microseconds; // since the world began; the database's clock

// A node's own clock: it started at another time and runs a little fast or slow; it may jump ahead, never back.
class NodeClock final : public core::Clock {
public:
    NodeClock(const Time& world, Time offset, int perMille)
        : world_(world), offset_(offset), rate_(perMille) {}

    core::Instant now() const override { return core::Instant{offset_ + world_ * rate_ / 1000}; }
    core::Timestamp today() const override {
        return core::Timestamp{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}} + world_;
    }
    void jump(Time ahead) { offset_ += ahead; }

private:
    const Time& world_;
    Time offset_;
    const int rate_;
};

} // namespace outboxd::simulation
