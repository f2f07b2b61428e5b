#include "tests/simulation/statements.hpp"

namespace outboxd::simulation {

using Progress = Operation::Progress;
using scheduler::LaneCommand;
using scheduler::MarkResult;

Progress ProbeOperation::execute() {
    for (const auto lane : lanes_) {
        if (db_.queue(lane).empty()) continue;
        const bool blocked = std::ranges::any_of(db_.held(lane), [](const auto& row) {
            return row.second.state == scheduler::HeldRecord::State::failed;
        });
        probed_.lanes.push_back({lane, db_.queue(lane).front(), db_.queue(lane).back(), blocked});
    }
    return Progress::done;
}

// ---- reads ----

ReadOperation::ReadOperation(SimDb& db, scheduler::relay::ReadLane action)
    : db_(db), action_(std::move(action)) {
    batch_.cursor = action_.cursor;
    if (db_.mutant() == Mutant::b_before_a) {
        polls_ = {Poll::after, Poll::late_rows, Poll::late};
    } else if (db_.mutant() == Mutant::cursor_without_b) {
        polls_ = {Poll::after};
    } else {
        polls_ = {Poll::late_rows, Poll::late, Poll::count, Poll::after};
    }
}

Progress ReadOperation::execute() {
    const auto poll = polls_.back();
    polls_.pop_back();
    switch (poll) {
    case Poll::after: readAfter(); break;
    case Poll::count:
        if (noneIsLate()) polls_.clear();
        break;
    case Poll::late: findLate(); break;
    case Poll::late_rows: fetchLate(); break;
    }
    if (!polls_.empty() && polls_.back() == Poll::count && !action_.known.allQueued) polls_.pop_back();
    if (!polls_.empty() && polls_.back() == Poll::late_rows && late_.empty()) polls_.pop_back();
    return polls_.empty() ? Progress::done : Progress::more;
}

bool ReadOperation::noneIsLate() const {
    const auto& queue = db_.queue(action_.term.lane);
    const auto there = std::ranges::upper_bound(queue, batch_.cursor) - queue.begin();
    return fenced() && static_cast<std::size_t>(there) == action_.known.ids.size() + batch_.rows.size();
}

void ReadOperation::readAfter() {
    if (!fenced()) return;
    const auto& queue = db_.queue(action_.term.lane);
    std::size_t found = 0;
    for (auto next = std::ranges::upper_bound(queue, action_.cursor); next != queue.end(); ++next) {
        if (found == action_.limit) break;
        ++found;
        add(*next);
        batch_.cursor = std::max(batch_.cursor, *next);
    }
    batch_.more = found >= action_.limit;
}

void ReadOperation::findLate() {
    if (!fenced()) {
        lost_ = db_.mutant() != Mutant::fence_lost_is_no_late;
        return;
    }
    for (const auto id : db_.queue(action_.term.lane)) {
        if (id > batch_.cursor || late_.size() > action_.limit) break;
        if (std::ranges::binary_search(action_.known.ids, id)) continue;
        if (std::ranges::any_of(batch_.rows, [&](const auto& row) { return row.record.id == id; })) continue;
        late_.push_back(id);
    }
    if (late_.size() <= action_.limit) return;
    // Many came back to the queue at once: what follows them must not overtake them.
    late_.resize(action_.limit);
    std::erase_if(batch_.rows, [&](const auto& row) { return row.record.id > late_.back(); });
    batch_.cursor = std::max(action_.cursor, late_.back());
    batch_.more = true;
}

void ReadOperation::fetchLate() {
    for (const auto id : late_) {
        if (db_.queued(id)) {
            add(id);
        } else if (db_.mutant() != Mutant::late_rows_by_queue) {
            lost_ = true; // somebody else took it out of the queue, so the lane is not ours
        }
    }
}

void ReadOperation::add(Id id) {
    if (db_.eventMissing(id)) {
        scheduler::QueuedRecord row;
        row.record.id = id;
        row.eventMissing = true;
        batch_.rows.push_back(std::move(row));
        return;
    }
    auto& row = batch_.rows.emplace_back();
    row.record = db_.record(id);
    for (const auto& [before, held] : db_.held(action_.term.lane)) {
        if (before >= id) break;
        if (held.key != db_.keyOfEvent(id)) continue;
        row.keyHeld = true;
        row.keyPaused = row.keyPaused || held.state == scheduler::HeldRecord::State::paused;
    }
}

scheduler::relay::Event ReadOperation::answer() {
    if (lost_) batch_ = {{}, action_.cursor, false};
    std::ranges::sort(batch_.rows, {}, [](const auto& row) { return row.record.id; });
    return scheduler::relay::LaneRead{action_.term.lane, action_.epoch, std::move(batch_)};
}

// ---- marks ----

Progress MarkOperation::execute() {
    switch (stage_) {
    case Stage::remove: {
        std::vector<Id> leaving(action_.settled);
        for (const auto& row : action_.held) leaving.push_back(row.id);
        if (!transaction_.lock(leaving)) return Progress::waiting;
        for (const auto id : leaving)
            if (db_.queued(id)) removed_.push_back(id);
        stage_ = Stage::fence;
        return Progress::more;
    }
    case Stage::fence:
        if (!transaction_.fence()) {
            result_ = MarkResult::lost;
            return Progress::done; // ROLLBACK: whether it arrives does not matter
        }
        stage_ = Stage::commit;
        return Progress::more;
    case Stage::commit:
        transaction_.committing();
        for (const auto id : removed_) db_.dequeue(id);
        for (const auto& row : action_.held) {
            db_.hold(row.id, row.state);
            if (row.state == scheduler::HeldRecord::State::failed) db_.judge().failed(row.id);
        }
        for (const auto id : removed_)
            if (!db_.held(action_.term.lane).contains(id)) db_.judge().settled(id);
        return Progress::done;
    }
    return Progress::done;
}

// ---- notes ----

Progress NoteOperation::execute() {
    if (!fenced_) {
        fenced_ = true;
        if (transaction_.fence()) return Progress::more;
        result_ = MarkResult::lost;
        return Progress::done;
    }
    transaction_.committing();
    db_.noteTrying(action_.term.lane, action_.id);
    return Progress::done;
}

// ---- commands ----

std::vector<Id> CommandsOperation::touched() const {
    std::vector<Id> rows;
    for (const auto& command : action_.commands) {
        switch (command.kind) {
        case LaneCommand::Kind::redrive:
        case LaneCommand::Kind::discard:
            for (const auto& [id, row] : db_.held(action_.term.lane))
                if (row.key == SimDb::keyOf(command.orderKey)) rows.push_back(id);
            break;
        case LaneCommand::Kind::republish:
            for (auto id = command.event; id <= command.upTo; ++id) rows.push_back(id);
            break;
        case LaneCommand::Kind::sync: break;
        }
    }
    return rows;
}

Progress CommandsOperation::execute() {
    switch (stage_) {
    case Stage::change:
        if (!transaction_.lock(touched())) return Progress::waiting;
        stage_ = Stage::fence;
        return Progress::more;
    case Stage::fence:
        if (!transaction_.fence()) {
            result_ = MarkResult::lost;
            return Progress::done;
        }
        stage_ = Stage::commit;
        return Progress::more;
    case Stage::commit:
        transaction_.committing();
        for (const auto& command : action_.commands) {
            auto& row = db_.commands()[static_cast<std::size_t>(command.id - 1)];
            if (row.done) continue;
            apply(command);
            row.done = true;
        }
        return Progress::done;
    }
    return Progress::done;
}

void CommandsOperation::apply(const LaneCommand& command) {
    const auto lane = action_.term.lane;
    switch (command.kind) {
    case LaneCommand::Kind::redrive: redrive(db_, lane, SimDb::keyOf(command.orderKey)); break;
    case LaneCommand::Kind::discard: {
        const auto key = SimDb::keyOf(command.orderKey);
        std::vector<Id> gone;
        bool stillBlocked = false;
        for (const auto& [id, row] : db_.held(lane)) {
            if (row.key != key) continue;
            if (id >= command.event && id <= command.upTo) {
                gone.push_back(id);
            } else {
                stillBlocked = stillBlocked || row.state != scheduler::HeldRecord::State::parked;
            }
        }
        for (const auto id : gone) {
            db_.release(id);
            db_.judge().waive(id);
        }
        if (!stillBlocked) redrive(db_, lane, key);
        break;
    }
    case LaneCommand::Kind::republish:
        for (auto id = command.event; id <= command.upTo; ++id)
            if (db_.judge().inLog(id) && !db_.held(lane).contains(id) &&
                db_.laneOf(db_.keyOfEvent(id)) == lane)
                db_.enqueue(id);
        break;
    case LaneCommand::Kind::sync: break;
    }
}

void redrive(SimDb& db, Lane lane, int key) {
    std::vector<Id> rows;
    for (const auto& [id, row] : db.held(lane))
        if (row.key == key) rows.push_back(id);
    for (const auto id : rows) {
        db.release(id);
        db.enqueue(id);
    }
}

} // namespace outboxd::simulation
