#include "tests/simulation/operation.hpp"

namespace outboxd::simulation {

using Progress = Operation::Progress;

Progress ProbeOperation::execute() {
    for (const auto lane : lanes_) {
        if (lane >= db_.lanes() || db_.queue(lane).empty()) continue;
        const bool blocked = std::ranges::any_of(
            db_.held(lane), [](const auto& row) { return row.second.state == HeldRecord::State::failed; });
        probed_.lanes.push_back({lane, db_.queue(lane).front(), db_.queue(lane).back(), blocked});
    }
    return Progress::done;
}

// ---- reads ----

ReadOperation::ReadOperation(SimDb& db, scheduler::relay::ReadLane action)
    : db_(db), action_(std::move(action)) {
    batch_.cursor = action_.cursor;
    if (db_.mutant() == Mutant::b_before_a) next_ = Statement::late_first;
    if (db_.mutant() == Mutant::cursor_without_b) next_ = Statement::after_alone;
}

Progress ReadOperation::execute() {
    switch (next_) {
    case Statement::both:
        if (action_.known.allQueued) {
            next_ = noneIsLate() ? Statement::done : Statement::late;
        } else {
            findLate();
            next_ = Statement::late_rows;
        }
        readAfter();
        break;
    case Statement::late_first:
        findLate();
        next_ = Statement::after_alone;
        return Progress::more;
    case Statement::after_alone:
        readAfter();
        next_ = Statement::late_rows;
        break;
    case Statement::late:
        findLate();
        next_ = Statement::late_rows;
        break;
    case Statement::late_rows:
        fetchLate();
        next_ = Statement::fence;
        break;
    case Statement::fence:
        lost_ = !fenced() && db_.mutant() != Mutant::looks_without_last_fence;
        next_ = Statement::done;
        break;
    case Statement::done: break;
    }
    // A read of one look needs no more; one of several ends with the fence.
    if (next_ == Statement::late_rows && late_.empty())
        next_ = action_.known.allQueued ? Statement::fence : Statement::done;
    return next_ == Statement::done ? Progress::done : Progress::more;
}

bool ReadOperation::noneIsLate() const {
    if (!fenced()) return action_.known.ids.empty();
    const auto& queue = db_.queue(action_.term.lane);
    const auto there = std::ranges::upper_bound(queue, action_.cursor) - queue.begin();
    return static_cast<std::size_t>(there) == action_.known.ids.size();
}

void ReadOperation::readAfter() {
    if (!fenced()) return;
    const auto& queue = db_.queue(action_.term.lane);
    for (auto next = std::ranges::upper_bound(queue, action_.cursor); next != queue.end(); ++next) {
        if (batch_.rows.size() == action_.limit) break;
        batch_.rows.push_back(row(*next));
    }
    batch_.more = batch_.rows.size() >= action_.limit;
    if (!batch_.rows.empty()) batch_.cursor = batch_.rows.back().record.id;
}

void ReadOperation::findLate() {
    if (!fenced()) return;
    for (const auto id : db_.queue(action_.term.lane)) {
        if (id > action_.cursor || late_.size() > action_.limit) break;
        if (!std::ranges::binary_search(action_.known.ids, id)) late_.push_back(id);
    }
}

void ReadOperation::fetchLate() {
    if (late_.size() > action_.limit) {
        // Many came back to the queue at once: what follows them must not overtake them.
        late_.resize(action_.limit);
        batch_ = {{}, action_.cursor, true};
    }
    for (const auto id : late_) {
        if (db_.queued(id)) lateRows_.push_back(row(id));
    }
}

scheduler::QueuedRecord ReadOperation::row(Id id) const {
    scheduler::QueuedRecord row;
    if (db_.eventMissing(id)) {
        row.record.id = id;
        row.eventMissing = true;
        return row;
    }
    row.record = db_.record(id);
    for (const auto& [before, held] : db_.held(action_.term.lane)) {
        if (before >= id) break;
        if (held.key != db_.keyOfEvent(id)) continue;
        row.keyHeld = true;
        row.keyPaused = row.keyPaused || (db_.mutant() == Mutant::skip_passes_parked
                                              ? held.state == HeldRecord::State::paused
                                              : held.state != HeldRecord::State::failed);
    }
    return row;
}

scheduler::relay::Event ReadOperation::answer() {
    if (lost_) {
        batch_ = {{}, action_.cursor, false};
        lateRows_.clear();
    }
    batch_.rows.insert(batch_.rows.begin(), std::make_move_iterator(lateRows_.begin()),
                       std::make_move_iterator(lateRows_.end()));
    return scheduler::relay::LaneRead{action_.term.lane, action_.epoch, std::move(batch_)};
}

// ---- notes ----

Progress NoteOperation::execute() {
    if (!fenced_) {
        fenced_ = true;
        if (transaction_.fence()) return Progress::more;
        result_ = scheduler::MarkResult::lost;
        return Progress::done;
    }
    transaction_.committing();
    db_.noteTrying(action_.term, action_.id);
    return Progress::done;
}

} // namespace outboxd::simulation
