#include "scheduler/database_time.hpp"

namespace outboxd::scheduler {
namespace {

// By how much two clocks may drift apart: generous for quartz.
constexpr int kDrift = 1000; // one part in

} // namespace

void DatabaseTime::learn(core::Instant asked, core::Instant answered, core::Timestamp read) {
    const auto half = (answered - asked) / 2;
    const auto offset = read.time_since_epoch() - (asked + half).time_since_epoch();
    if (known_) {
        const auto error = known_->error + (answered - known_->at) / kDrift;
        const bool wasSet = std::chrono::abs(offset - known_->offset) > half + error;
        if (half > error && !wasSet) return;
    }
    known_ = {offset, half, answered};
}

std::optional<core::Timestamp> DatabaseTime::at(core::Instant now) const {
    if (!known_) return std::nullopt;
    return core::Timestamp{now.time_since_epoch() + known_->offset - known_->error};
}

} // namespace outboxd::scheduler
