#include "platform/core/circuit_breaker.hpp"

#include "platform/core/error.hpp"

#include <utility>

namespace outboxd::core {
namespace {

double percentage(std::size_t part, std::size_t whole) {
    return whole == 0 ? -1 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

} // namespace

CircuitBreaker::Permit::~Permit() {
    if (breaker_ != nullptr) breaker_->giveBack(period_);
}

CircuitBreaker::Permit::Permit(Permit&& other) noexcept
    : breaker_(std::exchange(other.breaker_, nullptr)), period_(other.period_), begun_(other.begun_) {}

void CircuitBreaker::Permit::succeeded(Instant now) {
    if (auto* const breaker = std::exchange(breaker_, nullptr))
        breaker->record(period_, {false, now - begun_ >= breaker->settings_.slowCallDurationThreshold}, now);
}

void CircuitBreaker::Permit::failed(Instant now) {
    if (auto* const breaker = std::exchange(breaker_, nullptr))
        breaker->record(period_, {true, now - begun_ >= breaker->settings_.slowCallDurationThreshold}, now);
}

CircuitBreaker::CircuitBreaker(CircuitBreakerSettings settings) : settings_(settings) {
    if (settings.minimumNumberOfCalls == 0 || settings.minimumNumberOfCalls > settings.slidingWindowSize ||
        settings.permittedNumberOfCallsInHalfOpenState == 0) {
        throw Error(ErrorKind::misconfigured,
                    "a circuit breaker needs 1 <= minimum calls <= window, and half-open calls");
    }
}

std::optional<CircuitBreaker::Permit> CircuitBreaker::tryAcquire(Instant now) {
    const std::lock_guard lock(mutex_);
    if (state_ == State::open && now >= openUntil_) enter(State::half_open, now);
    const bool full = permitted_ >= settings_.permittedNumberOfCallsInHalfOpenState;
    if (state_ == State::open || (state_ == State::half_open && full)) {
        ++notPermitted_;
        return std::nullopt;
    }
    if (state_ == State::half_open) ++permitted_;
    return Permit{*this, period_, now};
}

void CircuitBreaker::enter(State state, Instant now) {
    state_ = state;
    ++period_;
    results_.clear();
    next_ = failed_ = slow_ = permitted_ = 0;
    if (state != State::open) return;
    openUntil_ = now + settings_.waitDurationInOpenState;
    ++opened_;
}

void CircuitBreaker::record(std::uint64_t period, Result result, Instant now) {
    const std::lock_guard lock(mutex_);
    if (period != period_) return;
    if (results_.size() < settings_.slidingWindowSize) {
        results_.push_back(result);
    } else {
        const auto oldest = std::exchange(results_[next_], result);
        next_ = (next_ + 1) % results_.size();
        failed_ -= oldest.failed ? 1 : 0;
        slow_ -= oldest.slow ? 1 : 0;
    }
    failed_ += result.failed ? 1 : 0;
    slow_ += result.slow ? 1 : 0;

    const auto enough = state_ == State::half_open ? settings_.permittedNumberOfCallsInHalfOpenState
                                                   : settings_.minimumNumberOfCalls;
    if (results_.size() < enough) return;
    if (atThreshold()) {
        enter(State::open, now);
    } else if (state_ == State::half_open) {
        enter(State::closed, now);
    }
}

void CircuitBreaker::giveBack(std::uint64_t period) {
    const std::lock_guard lock(mutex_);
    if (period == period_ && state_ == State::half_open) --permitted_;
}

bool CircuitBreaker::atThreshold() const {
    return percentage(failed_, results_.size()) >= settings_.failureRateThreshold ||
           percentage(slow_, results_.size()) >= settings_.slowCallRateThreshold;
}

CircuitBreaker::Figures CircuitBreaker::figures(Instant now) const {
    const std::lock_guard lock(mutex_);
    Figures figures;
    figures.state = state_ == State::open && now >= openUntil_ ? State::half_open : state_;
    if (results_.size() >= settings_.minimumNumberOfCalls) {
        figures.failureRate = percentage(failed_, results_.size());
        figures.slowCallRate = percentage(slow_, results_.size());
    }
    figures.bufferedCalls = results_.size();
    figures.failedCalls = failed_;
    figures.slowCalls = slow_;
    figures.notPermittedCalls = notPermitted_;
    figures.timesOpened = opened_;
    return figures;
}

std::string_view name(CircuitBreaker::State state) {
    switch (state) {
    case CircuitBreaker::State::closed: return "closed";
    case CircuitBreaker::State::open: return "open";
    case CircuitBreaker::State::half_open: return "half_open";
    }
    return "closed";
}

} // namespace outboxd::core
