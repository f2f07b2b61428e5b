// A clock that moves when the test says so.
#pragma once

#include "platform/core/clock.hpp"

#include <atomic>

namespace outboxd::testing {

class ManualClock final : public core::Clock {
public:
    core::Instant now() const override { return core::Instant{std::chrono::microseconds{elapsed_.load()}}; }
    core::Timestamp today() const override {
        return kStart + std::chrono::microseconds{elapsed_.load() + wrong_.load()};
    }

    void advance(std::chrono::microseconds time) { elapsed_ += time.count(); }
    // The wall clock is set; what counts intervals goes on.
    void setWrong(std::chrono::microseconds by) { wrong_ = by.count(); }

private:
    static constexpr core::Timestamp kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
    std::atomic<std::int64_t> elapsed_{0}, wrong_{0};
};

} // namespace outboxd::testing
