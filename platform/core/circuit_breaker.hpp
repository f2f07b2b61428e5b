// Keeps calls away from somebody who does not answer, so that each of them fails at once instead of after its time
// limit. Names, states and defaults are Resilience4j's (count-based sliding window).
//
// CLOSED: calls pass, and the last `slidingWindowSize` results are remembered. Once there are `minimumNumberOfCalls`,
// a failure rate or slow-call rate at its threshold opens it. OPEN: no call passes for `waitDurationInOpenState`.
// HALF_OPEN: `permittedNumberOfCallsInHalfOpenState` calls pass; their results close it, or open it again.
//
// Unlike Resilience4j a result counts only in the period (between two changes of state) in which its call began: what
// was sent before it opened says nothing about whether the other side has recovered.
#pragma once

#include "platform/core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace outboxd::core {

struct CircuitBreakerSettings {
    double failureRateThreshold = 50;  // percent, of the calls in the window
    double slowCallRateThreshold = 50; // percent
    std::chrono::milliseconds slowCallDurationThreshold{2'000};
    std::size_t slidingWindowSize = 100;
    std::size_t minimumNumberOfCalls = 5; // at most slidingWindowSize
    std::chrono::milliseconds waitDurationInOpenState{30'000};
    std::size_t permittedNumberOfCallsInHalfOpenState = 3;
};

// Thread-safe. Must outlive its permits.
class CircuitBreaker {
public:
    enum class State { closed, open, half_open };

    explicit CircuitBreaker(CircuitBreakerSettings settings = {});
    CircuitBreaker(const CircuitBreaker&) = delete;
    CircuitBreaker& operator=(const CircuitBreaker&) = delete;

    // The right to one call. Says how it went, once; dropped without a word it counts for nothing, and another call
    // may take its place.
    class Permit {
    public:
        ~Permit();
        Permit(Permit&& other) noexcept;
        Permit& operator=(Permit&&) = delete;

        void succeeded(Instant now);
        void failed(Instant now);

    private:
        friend class CircuitBreaker;
        Permit(CircuitBreaker& breaker, std::uint64_t period, Instant begun)
            : breaker_(&breaker), period_(period), begun_(begun) {}

        CircuitBreaker* breaker_; // null: used
        std::uint64_t period_;
        Instant begun_;
    };

    // Empty: no call may be made now.
    std::optional<Permit> tryAcquire(Instant now);

    struct Figures {
        State state = State::closed; // open until its wait is over, then half_open
        double failureRate = -1;     // percent; -1 while there are too few calls
        double slowCallRate = -1;    // percent; -1 while there are too few calls
        std::size_t bufferedCalls = 0;
        std::size_t failedCalls = 0;         // of the buffered ones
        std::size_t slowCalls = 0;           // of the buffered ones
        std::uint64_t notPermittedCalls = 0; // since construction
        std::uint64_t timesOpened = 0;       // since construction
    };
    Figures figures(Instant now) const;

private:
    struct Result {
        bool failed = false;
        bool slow = false;
    };

    void enter(State state, Instant now);
    void record(std::uint64_t period, Result result, Instant now);
    void giveBack(std::uint64_t period);
    bool atThreshold() const;

    const CircuitBreakerSettings settings_;
    mutable std::mutex mutex_;
    // All below: guarded by mutex_.
    State state_ = State::closed;
    std::uint64_t period_ = 0; // counts the changes of state
    Instant openUntil_;
    std::size_t permitted_ = 0;   // in half_open: calls let through and not given back
    std::vector<Result> results_; // a ring of the window's size
    std::size_t next_ = 0;        // place in the ring
    std::size_t failed_ = 0, slow_ = 0;
    std::uint64_t notPermitted_ = 0, opened_ = 0;
};

// "closed", "open", "half_open"
std::string_view name(CircuitBreaker::State state);

} // namespace outboxd::core
