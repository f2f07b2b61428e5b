#include "tests/simulation/mark_operation.hpp"

namespace outboxd::simulation {

using Progress = Operation::Progress;

MarkOperation::MarkOperation(SimDb& db, scheduler::relay::MarkLane action, bool mayCount)
    : db_(db), action_(std::move(action)), leaving_(action_.settled) {
    transaction_.emplace(db, action_.term);
    for (const auto& row : action_.held) leaving_.push_back(row.id);
    if (!action_.held.empty() || leaving_.empty()) {
        next_ = Statement::settle;
    } else if (mayCount && leaving_.size() > 1) {
        next_ = Statement::range;
    }
}

Progress MarkOperation::execute() {
    switch (next_) {
    case Statement::range: return settleRange();
    case Statement::commit_range: commit(); return Progress::done;
    case Statement::list: return settleList();
    case Statement::check: return db_.holds(action_.term) ? Progress::done : lost();
    case Statement::settle: return settleWithVerdicts();
    case Statement::fence:
        if (!transaction_->fence()) return lost();
        next_ = Statement::commit;
        return Progress::more;
    case Statement::commit: commit(); return Progress::done;
    }
    return Progress::done;
}

// All that stands between the first and the last; does not wait for locks. If the count does not fit, row by row.
Progress MarkOperation::settleRange() {
    next_ = Statement::list;
    std::vector<Id> rows;
    for (const auto id : db_.queue(action_.term.lane))
        if (id >= leaving_.front() && id <= leaving_.back()) rows.push_back(id);
    const bool fits = transaction_->lock(rows) && transaction_->fence() && rows.size() == leaving_.size();
    if (fits) {
        removed_ = std::move(rows);
        next_ = Statement::commit_range;
    } else {
        transaction_.emplace(db_, action_.term); // ROLLBACK
    }
    return Progress::more;
}

// One statement, which is a transaction of its own.
Progress MarkOperation::settleList() {
    if (!transaction_->lock(leaving_)) return Progress::waiting;
    if (transaction_->fence()) {
        for (const auto id : leaving_)
            if (db_.queued(id)) removed_.push_back(id);
        commit();
    }
    transaction_.reset();
    if (removed_.size() == leaving_.size()) return Progress::done;
    next_ =
        Statement::check; // rows that a mark of unknown outcome took away, or the lane is not ours any more
    return Progress::more;
}

Progress MarkOperation::settleWithVerdicts() {
    if (!transaction_->lock(leaving_)) return Progress::waiting;
    if (transaction_->fence())
        for (const auto id : leaving_)
            if (db_.queued(id)) removed_.push_back(id);
    next_ = Statement::fence;
    return Progress::more;
}

Progress MarkOperation::lost() {
    result_ = scheduler::MarkResult::lost; // ROLLBACK: whether it arrives does not matter
    return Progress::done;
}

void MarkOperation::commit() {
    transaction_->committing();
    for (const auto id : removed_) db_.dequeue(id);
    for (const auto& row : action_.held) {
        db_.hold(row.id, row.state);
        if (row.state == HeldRecord::State::failed) db_.judge().failed(row.id);
    }
    for (const auto id : removed_)
        if (!db_.held(action_.term.lane).contains(id)) db_.judge().settled(id);
}

} // namespace outboxd::simulation
