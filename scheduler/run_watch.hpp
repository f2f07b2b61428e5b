// The decisions over one run of a job: when its lease is due for renewal, and whether the run has to end.
#pragma once

#include "platform/core/clock.hpp"

#include <optional>

namespace outboxd::scheduler {

// Not thread-safe; no clock, no waiting, no I/O. Whoever drives it asks look() now and at next() at the latest, and
// tells what became of each renewal.
class RunWatch {
public:
    struct Lease {
        core::Instant asked; // when the lock was asked for, before the statement was sent
        std::chrono::milliseconds atMost{0};
    };
    enum class Due {
        nothing,
        renewal, // ask for it, then call renewed(), refused() or unanswered()
        end,     // cancel the work
    };

    RunWatch(core::Instant started, std::chrono::microseconds timeout, std::optional<Lease> lease);

    // A run whose time is up keeps its lease until the work returns: nobody else may start meanwhile. A run whose
    // lease ran out is lost without asking again, for whoever took over already works.
    Due look(core::Instant now);
    core::Instant next() const;
    // Nothing is left to decide: look() need not be called again.
    bool over() const { return lost_ || (timedOut_ && !lease_); }

    // `asked`: the time before the renewal was sent; the database may have counted from then on.
    void renewed(core::Instant asked);
    void refused() { lost_ = true; }
    void unanswered(core::Instant now); // tried again soon, as long as the lease lasts

    bool lost() const { return lost_; }
    bool timedOut() const { return timedOut_; }

private:
    const core::Instant timeUp_;
    std::optional<Lease> lease_;
    core::Instant renewAt_{};
    bool lost_ = false, timedOut_ = false;
};

} // namespace outboxd::scheduler
