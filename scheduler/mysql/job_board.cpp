#include "scheduler/mysql/job_board.hpp"

#include "sql/job_board.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace outboxd::scheduler::mysql {
namespace {

namespace sql = outboxd::sql::job_board;
using database::Session;
using State = JobView::State;

constexpr std::array<std::pair<State, const char*>, 5> kStates{{{State::running, "RUNNING"},
                                                                {State::done, "DONE"},
                                                                {State::failed, "FAILED"},
                                                                {State::lost, "LOST"},
                                                                {State::cancelled, "CANCELLED"}}};

std::optional<std::string> name(State state) {
    for (const auto& [known, text] : kStates)
        if (known == state) return text;
    return std::nullopt;
}

State stateOf(const std::optional<std::string>& text) {
    for (const auto& [state, known] : kStates)
        if (text == known) return state;
    return State::none;
}

std::int64_t micros(std::chrono::milliseconds time) { return std::chrono::microseconds{time}.count(); }

std::optional<std::string> orNull(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional{text};
}

// True if the lock was taken and the run stands on the board.
bool take(Session& session, const JobBegin& begin, const std::string& node) {
    const auto& [term, atMost, seen, planned, asked] = begin;
    const auto outcome = name(seen.state);
    if (asked)
        return session.execute(sql::begin_asked, {micros(atMost), term.holder, planned, node, term.holder,
                                                  seen.asked->at, seen.asked->by, term.lock, seen.asked->at,
                                                  seen.planned, orNull(seen.term), outcome}) > 0;
    return session.execute(sql::begin_planned, {micros(atMost), term.holder, planned, node, term.holder,
                                                term.lock, seen.planned, orNull(seen.term), outcome}) > 0;
}

} // namespace

void MysqlJobBoard::declare(std::span<const DeclaredJob> jobs) {
    auto session = database_.session();
    for (const auto& job : jobs) {
        std::optional<std::int64_t> atMost, atLeast;
        if (job.lock) {
            atMost = job.lock->atMost.count();
            atLeast = job.lock->atLeast.count();
            session->execute(sql::add_lock, {job.job});
        }
        session->execute(sql::declare, {job.job, job.schedule, job.zone, atMost, atLeast, node_});
    }
}

BoardView MysqlJobBoard::look() {
    BoardView view{};
    for (const auto& row : database_.session()->query(sql::look)) {
        view.now = row.time(0);
        JobView job;
        job.job = row.bytes(1);
        if (const auto by = row.maybeBytes(2)) job.paused = {*by, row.maybeBytes(3).value_or("")};
        if (const auto at = row.maybeTime(4)) job.asked = {*at, row.maybeBytes(5).value_or("")};
        job.state = stateOf(row.maybeBytes(6));
        job.planned = row.maybeTime(7);
        job.started = row.maybeTime(8);
        job.ended = row.maybeTime(9);
        job.node = row.maybeBytes(10).value_or("");
        job.term = row.maybeBytes(11).value_or("");
        job.holder = row.maybeBytes(12).value_or("");
        job.heldUntil = row.maybeTime(13).value_or(core::Timestamp{});
        if (const auto at = row.maybeTime(14)) job.obeyed = {*at, row.maybeBytes(15).value_or("")};
        view.jobs.push_back(std::move(job));
    }
    return view;
}

BeginAnswer MysqlJobBoard::begin(const JobBegin& begin) {
    const auto& seen = begin.seen;
    if (seen.state != State::running) {
        auto session = database_.session();
        if (take(*session, begin, node_)) return RunBegun{};
        return obstacle(*session, begin.term.lock);
    }
    return database_.transact([&](Session& session) -> BeginAnswer {
        if (!take(session, begin, node_)) return obstacle(session, begin.term.lock);
        std::optional<core::Timestamp> askedAt;
        std::optional<std::string> askedBy;
        if (seen.obeyed) std::tie(askedAt, askedBy) = std::pair{seen.obeyed->at, seen.obeyed->by};
        session.execute(sql::add_lost, {seen.job, seen.node, orNull(seen.term), seen.planned, seen.started,
                                        askedAt, askedBy});
        return RunBegun{};
    });
}

BeginAnswer MysqlJobBoard::obstacle(Session& session, const std::string& job) {
    const auto rows = session.query(sql::obstacle, {job});
    if (rows.empty()) return BoardChanged{}; // deleted by hand: whoever looks next declares it again
    const auto& row = rows.front();
    if (row.isNull(0)) {
        session.execute(sql::add_lock, {job});
    } else if (row.integer(1) != 0) {
        return LockHeld{row.bytes(0)};
    }
    if (row.integer(4) != 0)
        return JobPaused{{row.maybeBytes(2).value_or(""), row.maybeBytes(3).value_or("")}};
    return BoardChanged{};
}

bool MysqlJobBoard::end(const Term& term, std::chrono::milliseconds atLeast, State state) {
    auto session = database_.session();
    const auto outcome = name(state);
    if (session->execute(
            sql::end, {micros(atLeast), micros(atLeast), outcome, term.lock, term.holder, term.holder}) > 0)
        return true;
    return session->execute(sql::end_without_lock, {outcome, term.lock, term.holder}) > 0;
}

} // namespace outboxd::scheduler::mysql
