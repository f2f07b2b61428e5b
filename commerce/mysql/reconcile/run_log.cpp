#include "commerce/mysql/reconcile/run_log.hpp"

#include "commerce/mysql/reconcile/run_text.hpp"
#include "platform/core/text.hpp"
#include "sql/reconcile_runs.hpp"

namespace outboxd::commerce::mysql::reconcile {
namespace {

namespace statements = outboxd::sql::reconcile_runs;
using commerce::reconcile::CheckResult;
using commerce::reconcile::Mode;
using commerce::reconcile::modeFrom;
using commerce::reconcile::name;
using commerce::reconcile::Run;
using database::Session;

constexpr auto kClock = "schedule"; // who asked

} // namespace

std::optional<Run> takeRun(database::Database& database, const std::string& node, const Fence& fence) {
    return database.transact([&](Session& session) -> std::optional<Run> {
        session.execute(statements::end_abandoned);
        const auto rows = session.query(statements::next_run);
        std::optional<Run> run;
        if (!rows.empty()) {
            const auto& row = rows.front();
            session.execute(statements::begin_run, {node, row.integer(0)});
            run = Run{row.integer(0), modeFrom(row.bytes(1)), namesIn(row.bytes(2)), row.bytes(3)};
        }
        fence(session);
        return run;
    });
}

bool scheduleRun(database::Database& database, Mode mode, const Fence& fence) {
    return database.transact([&](Session& session) {
        if (session.query(statements::scheduled_waiting, {kClock}).front().integer(0) > 0) return false;
        session.execute(statements::ask, {name(mode), "", kClock, std::nullopt});
        fence(session);
        return true;
    });
}

template <class Work> void MysqlRunLog::write(const Work& work) {
    database_.transact([&](Session& session) {
        work(session);
        fence_(session);
        return 0;
    });
}

bool MysqlRunLog::wanted() {
    const auto rows = database_.session()->query(statements::is_wanted, {run_});
    return !rows.empty() && rows.front().integer(0) != 0;
}

int MysqlRunLog::add(std::string_view check, const Finding& finding, const Treated& first) {
    const std::int64_t line = ++lines_;
    write([&](Session& session) {
        session.execute(statements::add_finding,
                        {run_, line, check, core::shortened(finding.subject, 64),
                         core::shortened(finding.id, 300), core::shortened(finding.expected, 1000),
                         core::shortened(finding.found, 1000), name(first.verdict),
                         core::shortened(first.what, 1000)});
    });
    return lines_;
}

void MysqlRunLog::conclude(int line, const Treated& treated) {
    write([&](Session& session) {
        session.execute(statements::conclude, {name(treated.verdict), core::shortened(treated.what, 1000),
                                               run_, std::int64_t{line}});
    });
}

void MysqlRunLog::checked(std::string_view check, const CheckResult& result) {
    std::optional<std::string> error;
    if (result.error) error = core::shortened(*result.error, 1000);
    const std::int64_t place = ++checks_;
    write([&](Session& session) {
        session.execute(statements::checked, {run_, check, place, result.found, result.repaired, error});
        session.execute(statements::count_up, {result.found, result.repaired, run_});
    });
}

void MysqlRunLog::finish(commerce::reconcile::Ending ending) {
    write([&](Session& session) { session.execute(statements::finish, {name(ending), run_}); });
}

} // namespace outboxd::commerce::mysql::reconcile
