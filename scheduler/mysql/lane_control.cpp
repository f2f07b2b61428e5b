#include "scheduler/mysql/lane_control.hpp"

#include "scheduler/mysql/fence.hpp"
#include "scheduler/mysql/lane_commands.hpp"
#include "sql/outbox_control.hpp"
#include "sql/shedlock.hpp"

#include <algorithm>

namespace outboxd::scheduler::mysql {
namespace {

namespace sql = outboxd::sql::outbox_control;
using database::Session;

// So many owners in a row that died without getting past the lane's first event make the next one careful,
constexpr std::int64_t kCrashesBeforeCare = 3;
// and so many careful ones that died with the same event in hand condemn it.
constexpr std::int64_t kTriesBeforeVerdict = 2;

bool fenceHolds(Session& session, const LaneTerm& term) {
    return !session.query(outboxd::sql::shedlock::fence, {laneLock(term.lane), term.holder}).empty();
}

const auto commitUnlessLost = [](MarkResult result) {
    return result == MarkResult::marked ? database::Ending::commit : database::Ending::rollback;
};

} // namespace

std::vector<LaneCommand> MysqlLaneControl::due(std::span<const Lane> lanes, std::size_t most) {
    auto session = database_.session();
    std::vector<Lane> waiting;
    for (const auto& row : session->query(sql::lanes_with_commands)) {
        const auto lane = static_cast<Lane>(row.integer(0));
        if (row.integer(1) == 1 && std::ranges::find(lanes, lane) != lanes.end()) waiting.push_back(lane);
    }
    std::vector<LaneCommand> commands;
    for (const auto lane : waiting) {
        const auto first = commands.size();
        for (const auto& row : session->query(sql::due_commands, {lane, static_cast<std::int64_t>(most)}))
            commands.push_back(toCommand(row.integer(0), lane, row, 1));
        std::ranges::sort(commands.begin() + static_cast<std::ptrdiff_t>(first), commands.end(), {},
                          &LaneCommand::id);
    }
    return commands;
}

MarkResult MysqlLaneControl::run(const LaneTerm& term, std::span<const LaneCommand> commands) {
    return database_.transact(
        [&](Session& session) {
            for (const auto& command : commands) runCommand(session, term, command.id, kRowsAtOnce);
            return fenceHolds(session, term) ? MarkResult::marked : MarkResult::lost;
        },
        commitUnlessLost);
}

LaneCare MysqlLaneControl::enter(const LaneTerm& term) {
    return database_.transact([&](Session& session) {
        session.execute(sql::lane_exists, {term.lane});
        const auto rows = session.query(sql::lane_state, {term.lane});
        const auto& row = rows.front();
        auto crashes = row.integer(2), tries = row.integer(4);
        auto trying = row.maybeInteger(3);
        if (row.maybeBytes(0) != term.holder) { // else this is the same entry once more
            const bool died = !row.isNull(0);
            const auto lowest = session.query(sql::lowest_queued, {term.lane}).front().maybeInteger(0);
            if (!lowest) {
                crashes = 0;
            } else if (lowest != row.maybeInteger(1)) {
                crashes = died ? 1 : 0;
            } else if (died) {
                ++crashes;
            }
            if (trying && session.query(sql::is_queued, {term.lane, *trying}).empty()) trying.reset();
            if (!trying) tries = 0;
            if (trying && died && row.integer(5) == 1) ++tries;
            session.execute(sql::enter_lane, {term.holder, lowest, crashes, trying, tries, term.lane});
        }
        requireTerm(session, {laneLock(term.lane), term.holder});
        LaneCare care;
        care.careful = crashes >= kCrashesBeforeCare;
        if (tries >= kTriesBeforeVerdict) care.condemned = trying;
        return care;
    });
}

MarkResult MysqlLaneControl::note(const LaneTerm& term, std::int64_t event) {
    return database_.transact(
        [&](Session& session) {
            session.execute(sql::note_row, {event, event, event, term.lane, term.holder});
            return fenceHolds(session, term) ? MarkResult::marked : MarkResult::lost;
        },
        commitUnlessLost);
}

void MysqlLaneControl::leave(const LaneTerm& term) {
    database_.session()->execute(sql::leave_lane, {term.lane, term.holder});
}

} // namespace outboxd::scheduler::mysql
