// How busy the relay is: when few rows come, each is looked for and marked at once; when many come, a little patience
// lets each look and each mark do more.
#pragma once

#include "platform/core/clock.hpp"

namespace outboxd::scheduler::relay {

class Pace {
public:
    explicit Pace(std::size_t busyRate) : busyRate_(busyRate) {}

    void note(std::size_t rows, core::Instant now) {
        using namespace std::chrono_literals;
        if (const auto passed = now - since_; passed >= 50ms) {
            const auto seconds = std::chrono::duration<double>(passed).count();
            busy_ = static_cast<double>(rows_) >= static_cast<double>(busyRate_) * seconds;
            rows_ = 0;
            since_ = now;
        }
        rows_ += rows;
    }
    bool busy() const { return busy_; }

private:
    std::size_t busyRate_; // rows per second
    std::size_t rows_ = 0; // since `since_`
    core::Instant since_{};
    bool busy_ = false;
};

} // namespace outboxd::scheduler::relay
