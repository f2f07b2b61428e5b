// The board of jobs in memory; the database's clock is a manual one.
#pragma once

#include "scheduler/job_board.hpp"
#include "tests/support/memory_history.hpp"
#include "tests/support/memory_locks.hpp"

#include <set>
#include <utility>

namespace outboxd::testing {

// Thread-safe. Goes away and comes back with its locks.
class MemoryBoard final : public scheduler::JobBoard {
public:
    MemoryBoard(MemoryLocks& locks, ManualClock& clock, MemoryHistory& history)
        : locks_(locks), clock_(clock), history_(history) {}

    // What operators do.
    void pause(const std::string& job, const std::string& by) {
        row(job, [&](auto& view) { view.paused = {by, "why"}; });
    }
    void resume(const std::string& job) {
        row(job, [](auto& view) { view.paused.reset(); });
    }
    void ask(const std::string& job, const std::string& by) {
        row(job, [&](auto& view) { view.asked = {clock_.today(), by}; });
    }
    // The answer of a begin gets lost on its way.
    void loseNextAnswer() {
        const std::lock_guard guard(mutex_);
        loses_ = true;
    }

    void declare(std::span<const scheduler::DeclaredJob> jobs) override {
        locks_.holderOf("");
        for (const auto& job : jobs) {
            const std::lock_guard guard(mutex_);
            declared_.insert(job.job);
            if (job.lock) rows_[job.job].job = job.job;
        }
    }
    scheduler::BoardView look() override {
        scheduler::BoardView view{clock_.today(), {}};
        const std::lock_guard guard(mutex_);
        ++looks_;
        for (auto [name, job] : rows_) {
            const auto [holder, until] = locks_.heldUntil(name);
            job.holder = holder;
            if (!holder.empty()) job.heldUntil = clock_.today() + (until - clock_.now());
            view.jobs.push_back(std::move(job));
        }
        return view;
    }
    scheduler::BeginAnswer begin(const scheduler::JobBegin& begin) override {
        const std::lock_guard guard(mutex_);
        auto& job = rows_[begin.term.lock];
        const auto& seen = begin.seen;
        if (const auto holder = locks_.holderOf(begin.term.lock); !holder.empty())
            return scheduler::LockHeld{holder};
        if (job.paused && !begin.asked) return scheduler::JobPaused{*job.paused};
        const bool sameOrder = !begin.asked || (job.asked && job.asked->at == seen.asked->at);
        if (job.planned != seen.planned || job.term != seen.term || job.state != seen.state || !sameOrder)
            return scheduler::BoardChanged{};
        locks_.tryLock(begin.term, begin.atMost);
        if (job.state == scheduler::JobView::State::running) addLost(job);
        job.job = begin.term.lock;
        job.state = scheduler::JobView::State::running;
        if (begin.planned) job.planned = begin.planned;
        job.started = clock_.today();
        job.ended.reset();
        job.term = begin.term.holder;
        job.node = job.term.substr(0, job.term.find(':'));
        job.obeyed = begin.asked ? std::exchange(job.asked, std::nullopt) : std::nullopt;
        if (std::exchange(loses_, false)) throw core::Error(core::ErrorKind::unavailable, "the line is dead");
        return scheduler::RunBegun{};
    }
    bool end(const scheduler::Term& term, std::chrono::milliseconds atLeast,
             scheduler::JobView::State state) override {
        locks_.unlock(term, atLeast);
        const std::lock_guard guard(mutex_);
        auto& job = rows_[term.lock];
        if (job.term != term.holder) return false;
        job.state = state;
        job.ended = clock_.today();
        return true;
    }

    // What a test looks at.
    scheduler::JobView job(const std::string& name) {
        const std::lock_guard guard(mutex_);
        return rows_[name];
    }
    bool isDeclared(const std::string& name) const {
        const std::lock_guard guard(mutex_);
        return declared_.contains(name);
    }
    int looks() const {
        const std::lock_guard guard(mutex_);
        return looks_;
    }

private:
    void row(const std::string& job, const auto& change) {
        const std::lock_guard guard(mutex_);
        change(rows_[job]);
    }
    void addLost(const scheduler::JobView& job) {
        scheduler::JobRun lost{.job = job.job, .term = job.term};
        lost.outcome = scheduler::JobRun::Outcome::lost;
        lost.planned = job.planned;
        if (job.obeyed) lost.askedBy = job.obeyed->by;
        history_.add(lost);
    }

    MemoryLocks& locks_;
    ManualClock& clock_;
    MemoryHistory& history_;
    mutable std::mutex mutex_; // guards what follows
    std::map<std::string, scheduler::JobView> rows_;
    std::set<std::string> declared_;
    bool loses_ = false;
    int looks_ = 0;
};

} // namespace outboxd::testing
