#include "tests/simulation/commands_operation.hpp"

#include <limits>
#include <optional>
#include <utility>

namespace outboxd::simulation {
namespace {

using scheduler::LaneCommand;

// The held rows of a key from `from` to `to`, the lowest `atOnce`.
std::vector<Id> heldOf(const SimDb& db, Lane lane, int key, Id from, Id to, std::size_t atOnce) {
    std::vector<Id> rows;
    for (const auto& [id, row] : db.held(lane))
        if (row.key == key && id >= from && id <= to && rows.size() < atOnce) rows.push_back(id);
    return rows;
}

Id lastHeld(const SimDb& db, Lane lane, int key) {
    const auto rows =
        heldOf(db, lane, key, 0, std::numeric_limits<Id>::max(), std::numeric_limits<std::size_t>::max());
    return rows.empty() ? 0 : rows.back();
}

// Whether something is left that others wait behind.
bool headLeft(const SimDb& db, Lane lane, int key) {
    return std::ranges::any_of(db.held(lane), [&](const auto& row) {
        return row.second.key == key && row.second.state != HeldRecord::State::parked;
    });
}

// Where to go on, or 0 when nothing is left.
Id returnHeld(SimDb& db, Lane lane, int key, Id from, Id to, std::size_t atOnce) {
    const auto rows = heldOf(db, lane, key, from, to, atOnce);
    for (const auto id : rows) {
        db.release(id);
        db.enqueue(id);
    }
    return rows.size() == atOnce && rows.back() < to ? rows.back() + 1 : 0;
}

std::optional<LaneCommand> redrive(SimDb& db, LaneCommand command, std::size_t atOnce) {
    const auto key = SimDb::keyOf(command.orderKey);
    db.forgive(command.lane);
    if (command.upTo == 0) command.upTo = lastHeld(db, command.lane, key);
    if (const auto next = returnHeld(db, command.lane, key, command.event, command.upTo, atOnce)) {
        command.event = next;
        return command;
    }
    // What is parked with nothing failed left has nothing to wait for: parked meanwhile, or before this order's step by
    // another one.
    command.event = 0;
    command.upTo = lastHeld(db, command.lane, key);
    if (command.upTo == 0 || headLeft(db, command.lane, key)) return std::nullopt;
    return command;
}

std::optional<LaneCommand> discard(SimDb& db, LaneCommand command, std::size_t atOnce) {
    const auto key = SimDb::keyOf(command.orderKey);
    const auto rows = heldOf(db, command.lane, key, command.event, command.upTo, atOnce);
    for (const auto id : rows) {
        db.release(id);
        db.judge().waive(id);
    }
    if (rows.size() == atOnce && rows.back() < command.upTo) {
        command.event = rows.back() + 1;
        return command;
    }
    if (headLeft(db, command.lane, key)) return std::nullopt;
    command.kind = LaneCommand::Kind::redrive; // of what waited behind the discarded rows
    command.upTo = lastHeld(db, command.lane, key);
    command.event = returnHeld(db, command.lane, key, 0, command.upTo, atOnce);
    return command.event == 0 ? std::nullopt : std::optional{command};
}

std::optional<LaneCommand> republish(SimDb& db, LaneCommand command, std::size_t atOnce) {
    const auto last = std::min(command.upTo, command.event + static_cast<Id>(atOnce) - 1);
    for (auto id = command.event; id <= last; ++id)
        if (db.committed(id) && !db.held(command.lane).contains(id) &&
            db.laneOf(db.keyOfEvent(id)) == command.lane)
            db.enqueue(id);
    command.event = last + 1;
    return last < command.upTo ? std::optional{command} : std::nullopt;
}

} // namespace

void CommandsOperation::begin() {
    const bool sync = std::ranges::any_of(
        action_.commands, [](const auto& command) { return command.kind == LaneCommand::Kind::sync; });
    if (sync && db_.mutant() != Mutant::sync_without_refresh) refresh_();
}

Operation::Progress CommandsOperation::execute() {
    switch (next_) {
    case Statement::change:
        if (!transaction_.lock(touched())) return Progress::waiting;
        next_ = Statement::fence;
        return Progress::more;
    case Statement::fence:
        if (!transaction_.fence()) {
            result_ = scheduler::MarkResult::lost;
            return Progress::done;
        }
        next_ = Statement::commit;
        return Progress::more;
    case Statement::commit: commit(); return Progress::done;
    }
    return Progress::done;
}

std::vector<Id> CommandsOperation::touched() const {
    std::vector<Id> rows;
    for (const auto& command : action_.commands) {
        if (command.kind == LaneCommand::Kind::republish) {
            for (auto id = command.event; id <= command.upTo; ++id) rows.push_back(id);
        } else if (command.kind != LaneCommand::Kind::sync) {
            for (const auto& [id, row] : db_.held(action_.term.lane))
                if (row.key == SimDb::keyOf(command.orderKey)) rows.push_back(id);
        }
    }
    return rows;
}

void CommandsOperation::commit() {
    transaction_.committing();
    for (const auto& command : action_.commands) {
        auto& row = db_.commands()[static_cast<std::size_t>(command.id - 1)];
        if (std::exchange(row.done, true)) continue;
        std::optional<LaneCommand> next;
        switch (command.kind) {
        case LaneCommand::Kind::redrive: next = redrive(db_, command, atOnce_); break;
        case LaneCommand::Kind::discard: next = discard(db_, command, atOnce_); break;
        case LaneCommand::Kind::republish: next = republish(db_, command, atOnce_); break;
        case LaneCommand::Kind::sync: break;
        }
        if (next) db_.order(std::move(*next), db_.now());
    }
}

void returnHeadless(SimDb& db, Lane lane, int key) {
    LaneCommand command{0, lane};
    command.orderKey = SimDb::keyName(key);
    const bool ordered = std::ranges::any_of(db.commands(), [&](const auto& order) {
        return !order.done && order.what.kind == LaneCommand::Kind::redrive && order.what.lane == lane &&
               order.what.orderKey == command.orderKey;
    });
    if (ordered || headLeft(db, lane, key)) return;
    db.order(std::move(command), db.now());
}

void redriveAll(SimDb& db, Lane lane, int key) {
    returnHeld(db, lane, key, 0, std::numeric_limits<Id>::max(), std::numeric_limits<std::size_t>::max());
}

} // namespace outboxd::simulation
