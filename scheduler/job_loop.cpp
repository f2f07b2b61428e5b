#include "scheduler/job_loop.hpp"

#include <algorithm>

namespace outboxd::scheduler {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::microseconds kUntilTheNextLook = 1h;

} // namespace

JobLoop::JobLoop(const Job& job, const JobEnvironment& environment, const BoardWatch& watch)
    : job_(job), environment_(environment), watch_(watch), runner_(job, environment),
      timer_(job.schedule, job.name, environment.clock.now()) {}

std::chrono::microseconds JobLoop::step(const std::stop_token& stop) {
    return job_.lock ? together(stop) : alone(stop);
}

std::chrono::microseconds JobLoop::alone(const std::stop_token& stop) {
    const auto wait = timer_.untilDue(environment_.clock.now(), watch_.today());
    if (wait > 0us) return wait;
    runner_.runOnce(stop);
    timer_.ran(environment_.clock.now(), watch_.today());
    return 0us;
}

std::chrono::microseconds JobLoop::together(const std::stop_token& stop) {
    if (const auto seen = watch_.seen(job_.name, looks_)) runner_.learn(*seen);
    const auto* known = runner_.known();
    if (known == nullptr) return kUntilTheNextLook;
    const auto now = watch_.today();
    if (!cluster_)
        cluster_.emplace(job_.schedule, job_.name, environment_.node, now + job_.schedule.initialDelay);
    const auto turn = cluster_->look(*known, now);
    if (const auto* wait = std::get_if<ClusterTimer::Wait>(&turn))
        return std::max<std::chrono::microseconds>(wait->until - now, 1ms);
    if (const auto* skip = std::get_if<ClusterTimer::Skip>(&turn)) {
        runner_.skip(*skip);
    } else {
        runner_.runOnce(stop, std::get<ClusterTimer::Begin>(turn), now);
        looks_ = watch_.begun();
    }
    return 0us;
}

} // namespace outboxd::scheduler
