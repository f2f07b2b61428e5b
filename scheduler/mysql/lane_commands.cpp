#include "scheduler/mysql/lane_commands.hpp"

#include "sql/outbox_control.hpp"

#include <algorithm>
#include <optional>

namespace outboxd::scheduler::mysql {
namespace {

namespace sql = outboxd::sql::outbox_control;
using database::Session;

struct Step {
    std::int64_t affected = 0;
    std::int64_t next = 0; // where to go on, or 0 when nothing is left
};

// The held rows of the key from `from` to `to`, lowest ids first: later ones stay parked behind what is still held.
template <class Change>
Step changeHeld(Session& session, Lane lane, const std::string& key, std::int64_t from, std::int64_t to,
                std::int64_t atOnce, Change&& change) {
    const auto ids = session.query(sql::held_of_key, {lane, key, from, to, atOnce});
    if (ids.empty()) return {};
    const auto last = ids.back().integer(0);
    change(last);
    session.execute(sql::unhold, {lane, key, from, last});
    const auto affected = static_cast<std::int64_t>(ids.size());
    return {affected, affected == atOnce && last < to ? last + 1 : 0};
}

Step returnHeld(Session& session, Lane lane, const std::string& key, std::int64_t from, std::int64_t to,
                std::int64_t atOnce) {
    return changeHeld(session, lane, key, from, to, atOnce, [&](std::int64_t last) {
        session.execute(sql::queue_again, {lane, key, from, last});
    });
}

std::int64_t lastHeld(Session& session, Lane lane, const std::string& key) {
    return session.query(sql::last_held_of_key, {lane, key}).front().integer(0);
}

std::int64_t heads(Session& session, Lane lane, const std::string& key) {
    return session.query(sql::heads_of_key, {lane, key}).front().integer(0);
}

struct Done {
    std::int64_t affected = 0;
    std::optional<LaneCommand> next = {}; // what is left, as a command of its own
};

Done redrive(Session& session, LaneCommand command, std::int64_t atOnce) {
    const auto lane = command.lane;
    const auto& key = command.orderKey;
    // An operator wants these rows tried again: who died with them in hand counts no more.
    session.execute(sql::forgive_lane, {lane});
    if (command.upTo == 0) command.upTo = lastHeld(session, lane, key);
    const auto step = returnHeld(session, lane, key, command.event, command.upTo, atOnce);
    if (step.next != 0) {
        command.event = step.next;
        return {step.affected, command};
    }
    // Rows that failed once more since the first step are not this order's. But what was parked meanwhile, with nothing
    // failed left before it, has nothing to wait for.
    const auto last = lastHeld(session, lane, key);
    if (last == 0 || heads(session, lane, key) > 0) return {step.affected};
    command.event = 0;
    command.upTo = last;
    return {step.affected, command};
}

Done discard(Session& session, LaneCommand command, std::int64_t atOnce) {
    const auto lane = command.lane;
    const auto& key = command.orderKey;
    const auto step =
        changeHeld(session, lane, key, command.event, command.upTo, atOnce, [](std::int64_t) {});
    if (step.next != 0) {
        command.event = step.next;
        return {step.affected, command};
    }
    if (heads(session, lane, key) > 0) return {step.affected};
    command.kind = LaneCommand::Kind::redrive; // of what waited behind the discarded rows
    command.upTo = lastHeld(session, lane, key);
    command.event = returnHeld(session, lane, key, 0, command.upTo, atOnce).next;
    return command.event == 0 ? Done{step.affected} : Done{step.affected, command};
}

Done republish(Session& session, LaneCommand command, std::int64_t atOnce) {
    const auto end = std::min(command.upTo, session.query(sql::last_event).front().integer(0));
    const auto last = std::min(end, command.event + atOnce - 1);
    if (last < command.event) return {};
    const auto queued = session.execute(sql::queue_sent, {command.event, last, command.lane});
    command.event = last + 1;
    return last < end ? Done{static_cast<std::int64_t>(queued), command}
                      : Done{static_cast<std::int64_t>(queued)};
}

const char* name(LaneCommand::Kind kind) {
    switch (kind) {
    case LaneCommand::Kind::redrive: return "REDRIVE";
    case LaneCommand::Kind::discard: return "DISCARD";
    case LaneCommand::Kind::republish: return "REPUBLISH";
    case LaneCommand::Kind::sync: return "SYNC";
    }
    return "SYNC";
}

} // namespace

LaneCommand toCommand(std::int64_t id, Lane lane, const database::Row& row, std::size_t first) {
    using Kind = LaneCommand::Kind;
    LaneCommand command{id, lane};
    const auto& kind = row.bytes(first);
    command.kind = kind == "REDRIVE"     ? Kind::redrive
                   : kind == "DISCARD"   ? Kind::discard
                   : kind == "REPUBLISH" ? Kind::republish
                                         : Kind::sync;
    if (!row.isNull(first + 1)) command.orderKey = row.bytes(first + 1);
    if (!row.isNull(first + 2)) command.event = row.integer(first + 2);
    if (!row.isNull(first + 3)) command.upTo = row.integer(first + 3);
    return command;
}

void runCommand(Session& session, const LaneTerm& term, std::int64_t id, std::int64_t atOnce) {
    using Kind = LaneCommand::Kind;
    const auto rows = session.query(sql::lock_command, {id, term.lane});
    if (rows.empty()) return;
    const auto command = toCommand(id, term.lane, rows.front(), 0);
    Done done;
    switch (command.kind) {
    case Kind::redrive: done = redrive(session, command, atOnce); break;
    case Kind::discard: done = discard(session, command, atOnce); break;
    case Kind::republish: done = republish(session, command, atOnce); break;
    case Kind::sync: break; // the owner has settled what was in flight and read the pauses and pins
    }
    session.execute(sql::command_done, {done.affected, term.holder, id});
    if (done.next)
        session.execute(sql::next_step, {name(done.next->kind), done.next->event, done.next->upTo, id});
}

} // namespace outboxd::scheduler::mysql
