#include "tests/simulation/mark_operation.hpp"

#include "tests/simulation/commands_operation.hpp"

namespace outboxd::simulation {

using Progress = Operation::Progress;

MarkOperation::MarkOperation(SimDb& db, scheduler::relay::MarkLane action, std::size_t smallestRange,
                             std::shared_ptr<std::set<Lane>> unknown)
    : db_(db), action_(std::move(action)), smallestRange_(smallestRange), unknown_(std::move(unknown)),
      leaving_(action_.settled) {
    transaction_.emplace(db, action_.term);
    for (const auto& row : action_.held) leaving_.push_back(row.id);
}

MarkOperation::Statement MarkOperation::firstOne() const {
    if (!action_.held.empty() || leaving_.empty()) return Statement::settle;
    const bool mayCount = leaving_.size() >= smallestRange_ && !unknown_->contains(action_.term.lane);
    return mayCount ? Statement::range : Statement::list;
}

Progress MarkOperation::execute() {
    if (next_ == Statement::first) next_ = firstOne();
    switch (next_) {
    case Statement::first: break;
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

// Also the heads of the keys of what is parked: were they to leave now, nobody would wake the rows behind them.
Progress MarkOperation::settleWithVerdicts() {
    auto rows = leaving_;
    for (const auto& row : action_.held)
        if (row.state == HeldRecord::State::parked)
            for (const auto& [id, other] : db_.held(action_.term.lane))
                if (other.key == db_.keyOfEvent(row.id)) rows.push_back(id);
    if (!transaction_->lock(rows)) return Progress::waiting;
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
    for (const auto& row : action_.held) {
        const bool looks = db_.mutant() != Mutant::redrive_outside_owner; // it would mend what that breaks
        if (row.state == HeldRecord::State::parked && looks)
            returnHeadless(db_, action_.term.lane, db_.keyOfEvent(row.id));
    }
    for (const auto id : removed_)
        if (!db_.held(action_.term.lane).contains(id)) db_.judge().settled(id);
}

} // namespace outboxd::simulation
