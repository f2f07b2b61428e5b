#include "commerce/mysql/reconcile/run_desk.hpp"

#include "commerce/mysql/reconcile/run_text.hpp"
#include "platform/core/text.hpp"
#include "sql/reconcile_runs.hpp"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <limits>

namespace outboxd::commerce::mysql::reconcile {
namespace {

namespace statements = outboxd::sql::reconcile_runs;
using commerce::reconcile::CheckView;
using commerce::reconcile::FindingView;
using commerce::reconcile::RunAnswer;
using commerce::reconcile::RunAsked;
using commerce::reconcile::RunOrder;
using commerce::reconcile::RunPage;
using commerce::reconcile::RunView;
using database::Session;

std::string detailOf(const RunOrder& order, std::int64_t run) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
    json.StartObject();
    json.Key("run");
    json.Int64(run);
    json.Key("reason");
    if (order.reason) json.String(order.reason->c_str());
    if (!order.reason) json.Null();
    json.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

RunView runFrom(const database::Row& row) {
    RunView run;
    run.id = row.integer(0);
    run.mode = row.bytes(1);
    run.state = row.bytes(2);
    run.askedBy = row.bytes(3);
    run.checks = namesIn(row.bytes(4));
    run.reason = row.maybeBytes(5);
    run.node = row.maybeBytes(6);
    run.cancelledBy = row.maybeBytes(7);
    run.askedAt = row.time(8);
    run.startedAt = row.maybeTime(9);
    run.endedAt = row.maybeTime(10);
    run.found = row.integer(11);
    run.repaired = row.integer(12);
    return run;
}

std::vector<CheckView> checksOf(Session& session, std::int64_t run) {
    std::vector<CheckView> checks;
    for (const auto& row : session.query(statements::checks_of_run, {run}))
        checks.push_back({row.bytes(0), {row.integer(1), row.integer(2), row.maybeBytes(3)}});
    return checks;
}

} // namespace

RunAnswer MysqlRunDesk::order(const RunOrder& asked) {
    auto order = asked;
    std::ranges::sort(order.checks);
    order.checks.erase(std::unique(order.checks.begin(), order.checks.end()), order.checks.end());
    std::vector<std::string> unknown;
    std::ranges::copy_if(order.checks, std::back_inserter(unknown),
                         [&](const auto& one) { return std::ranges::find(known_, one) == known_.end(); });
    if (!unknown.empty()) return commerce::reconcile::UnknownChecks{std::move(unknown), known_};
    return database_.transact(
        [&](Session& session) -> RunAnswer {
            const auto waiting = session.query(statements::waiting_runs).front().integer(0);
            if (waiting >= commerce::reconcile::kMostWaiting)
                return commerce::reconcile::TooManyRuns{waiting};
            const auto actor = core::shortened(order.actor, 128);
            session.execute(statements::ask, {commerce::reconcile::name(order.mode), joined(order.checks),
                                              actor, order.reason});
            const auto run = session.lastInsertId();
            const auto subject = fmt::format("{} {}", commerce::reconcile::name(order.mode),
                                             order.checks.empty() ? "all checks" : joined(order.checks));
            session.execute(statements::add_audit,
                            {actor, "reconcile.run", core::shortened(subject, 300), detailOf(order, run)});
            return RunAsked{run};
        },
        [](const RunAnswer& answer) {
            return std::holds_alternative<RunAsked>(answer) ? database::Ending::commit
                                                            : database::Ending::rollback;
        });
}

bool MysqlRunDesk::cancel(std::int64_t run, const std::string& actor) {
    return database_.transact([&](Session& session) {
        const auto by = core::shortened(actor, 128);
        const bool done = session.execute(statements::cancel_asked, {by, run}) +
                              session.execute(statements::cancel_running, {by, run}) >
                          0;
        if (done)
            session.execute(statements::add_audit,
                            {by, "reconcile.cancel", fmt::format("run {}", run), std::nullopt});
        return done;
    });
}

std::optional<RunView> MysqlRunDesk::run(std::int64_t id) {
    const auto rows = database_.session()->query(statements::run_by_id, {id});
    if (rows.empty()) return std::nullopt;
    return runFrom(rows.front());
}

std::vector<CheckView> MysqlRunDesk::checks(std::int64_t run) { return checksOf(*database_.session(), run); }

RunPage<RunView> MysqlRunDesk::runs(int limit, std::optional<std::int64_t> before) {
    RunPage<RunView> page;
    const auto from = before.value_or(std::numeric_limits<std::int64_t>::max());
    for (const auto& row : database_.session()->query(statements::runs_page, {from, limit + 1}))
        page.items.push_back(runFrom(row));
    if (page.items.size() > static_cast<std::size_t>(limit)) {
        page.items.pop_back();
        page.next = page.items.back().id;
    }
    return page;
}

RunPage<FindingView> MysqlRunDesk::findings(std::int64_t run, int limit, std::optional<std::int64_t> after) {
    RunPage<FindingView> page;
    for (const auto& row :
         database_.session()->query(statements::findings_page, {run, after.value_or(0), limit + 1}))
        page.items.push_back({row.integer(0),
                              row.bytes(1),
                              {row.bytes(2), row.bytes(3), row.bytes(4), row.bytes(5)},
                              row.bytes(6),
                              row.bytes(7),
                              row.maybeInteger(8)});
    if (page.items.size() > static_cast<std::size_t>(limit)) {
        page.items.pop_back();
        page.next = page.items.back().line;
    }
    return page;
}

std::optional<LastComplete> lastComplete(database::Database& database) {
    auto session = database.session();
    const auto rows = session->query(statements::last_complete);
    if (rows.empty()) return std::nullopt;
    return LastComplete{rows.front().time(1), rows.front().integer(2),
                        checksOf(*session, rows.front().integer(0))};
}

} // namespace outboxd::commerce::mysql::reconcile
