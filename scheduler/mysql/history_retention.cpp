#include "scheduler/mysql/history_retention.hpp"

#include "scheduler/mysql/fence.hpp"
#include "sql/history_retention.hpp"

#include <fmt/format.h>

#include <set>

namespace outboxd::scheduler::mysql {
namespace {

namespace sql = outboxd::sql::history_retention;
using database::Session;

constexpr std::int64_t kBatch = 500; // rows of one transaction: a few milliseconds

} // namespace

template <class Work> auto HistoryRetention::fenced(Work work) {
    return database_.transact([&](Session& session) {
        const auto result = work(session);
        requireTerm(session, term_);
        return result;
    });
}

std::int64_t HistoryRetention::jobRuns(std::int64_t days) {
    std::int64_t removed = 0;
    for (std::int64_t after = 0; goOn_();) {
        std::set<std::int64_t> last; // a job that runs meanwhile only gets a later one
        for (const auto& row : database_.session()->query(sql::last_runs)) last.insert(row.integer(0));
        std::vector<std::int64_t> old;
        bool young = false; // ids follow the times closely: what comes after is young, too
        const auto rows = database_.session()->query(sql::runs, {days, after, kBatch});
        for (const auto& row : rows) {
            after = row.integer(0);
            if (row.integer(1) == 0) {
                young = true;
            } else if (!last.contains(after)) {
                old.push_back(after);
            }
        }
        if (!old.empty()) {
            const auto ids = fmt::format("[{}]", fmt::join(old, ","));
            removed += fenced([&](Session& session) {
                return static_cast<std::int64_t>(session.execute(sql::remove_runs, {ids}));
            });
        }
        if (young || rows.size() < static_cast<std::size_t>(kBatch)) break;
    }
    return removed;
}

std::int64_t HistoryRetention::processedEvents(std::chrono::seconds age) {
    std::int64_t removed = 0;
    const auto before = database_.session()->query(sql::forgettable, {age.count()}).front().time(0);
    while (goOn_()) {
        const auto count = fenced([&](Session& session) {
            return static_cast<std::int64_t>(session.execute(sql::remove_processed, {before, kBatch}));
        });
        removed += count;
        if (count < kBatch) break;
    }
    return removed;
}

std::int64_t HistoryRetention::reconciliations(std::int64_t days) {
    std::int64_t removed = 0;
    while (goOn_()) {
        const auto oldest = database_.session()->query(sql::oldest_reconcile_run, {days});
        if (oldest.empty()) break;
        const auto run = oldest.front().integer(0);
        // Its findings first, so that a run that is left is whole or goes on being removed.
        const auto gone = fenced([&](Session& session) {
            const auto findings =
                static_cast<std::int64_t>(session.execute(sql::remove_findings, {run, kBatch}));
            if (findings < kBatch) {
                session.execute(sql::remove_reconcile_checks, {run});
                session.execute(sql::remove_reconcile_run, {run});
            }
            return findings < kBatch;
        });
        if (gone) ++removed;
    }
    return removed;
}

std::vector<std::string> readTopics(database::Database& database) {
    std::vector<std::string> topics;
    for (const auto& row : database.session()->query(sql::read_topics)) topics.push_back(row.bytes(0));
    return topics;
}

} // namespace outboxd::scheduler::mysql
