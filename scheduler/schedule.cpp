#include "scheduler/schedule.hpp"

#include "platform/core/error.hpp"

namespace outboxd::scheduler {

JobTimer::JobTimer(Schedule schedule, core::Instant start)
    : schedule_(schedule), due_(start + schedule.initialDelay) {
    if (schedule.interval <= std::chrono::microseconds{0}) {
        throw core::Error(core::ErrorKind::misconfigured, "a job's interval must be above zero");
    }
}

void JobTimer::ran(core::Instant now) {
    if (schedule_.kind == Schedule::Kind::fixed_delay) {
        due_ = now + schedule_.interval;
        return;
    }
    due_ += schedule_.interval;
    if (due_ < now) { // missed some: the next one on the same beat, which may be this moment's
        const auto missed = (now - due_ - core::Instant::duration{1}) / schedule_.interval;
        due_ += schedule_.interval * (missed + 1);
    }
}

} // namespace outboxd::scheduler
