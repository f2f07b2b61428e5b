#include "scheduler/mysql/job_desk.hpp"

#include "platform/core/nearest.hpp"
#include "platform/core/text.hpp"
#include "scheduler/mysql/desk_page.hpp"
#include "scheduler/mysql/outbox_desk.hpp"
#include "sql/job_desk.hpp"

#include <limits>

namespace outboxd::scheduler::mysql {

namespace {

namespace sql = outboxd::sql::job_desk;
using database::Ending;
using database::Row;
using database::Session;

constexpr std::size_t kLongestActor = 128, kLongestReason = 500;

std::optional<std::chrono::milliseconds> milliseconds(const Row& row, std::size_t column) {
    const auto count = row.maybeInteger(column);
    if (!count) return std::nullopt;
    return std::chrono::milliseconds{*count};
}

// A row of job_run whose columns begin with `first`.
JobRunDetails runDetails(const Row& row, std::size_t first = 0) {
    return {.id = row.integer(first),
            .node = row.bytes(first + 1),
            .outcome = row.bytes(first + 5),
            .started = row.time(first + 3),
            .ended = row.maybeTime(first + 4),
            .planned = row.maybeTime(first + 6),
            .term = row.maybeBytes(first + 2),
            .skipReason = row.maybeBytes(first + 7),
            .holder = row.maybeBytes(first + 8),
            .askedBy = row.maybeBytes(first + 9),
            .detail = row.maybeBytes(first + 10)};
}

// job_control knows every run of all nodes together, job_run more about those that it has.
std::optional<JobRunDetails> lastRun(const Row& row) {
    constexpr std::size_t written = 21;
    std::optional<JobRunDetails> known;
    if (!row.isNull(written)) known = runDetails(row, written);
    const auto started = row.maybeTime(13);
    const auto term = row.maybeBytes(17);
    if (!started || (known && known->term == term)) return known;
    return JobRunDetails{.node = row.maybeBytes(16).value_or(""),
                         .outcome = row.maybeBytes(15).value_or("RUNNING"),
                         .started = *started,
                         .ended = row.maybeTime(14),
                         .planned = row.maybeTime(12),
                         .term = term};
}

JobDetails details(const Row& row) {
    JobDetails job{.name = row.bytes(0),
                   .schedule = row.bytes(1),
                   .zone = row.bytes(2),
                   .declaredBy = row.bytes(5),
                   .declaredAt = row.time(6),
                   .lockAtMost = milliseconds(row, 3),
                   .lockAtLeast = milliseconds(row, 4),
                   .planned = row.maybeTime(12),
                   .last = lastRun(row),
                   .holder = row.maybeBytes(18).value_or(""),
                   .heldUntil = row.maybeTime(19),
                   .seen = row.time(20)};
    if (const auto since = row.maybeTime(7))
        job.pause = JobPause{*since, row.maybeBytes(8).value_or(""), row.maybeBytes(9).value_or("")};
    if (const auto at = row.maybeTime(10)) job.ask = JobAsk{*at, row.maybeBytes(11).value_or("")};
    return job;
}

std::optional<JobDetails> find(Session& session, const std::string& name) {
    const auto rows = session.query(sql::jobs, {name, name});
    if (rows.empty()) return std::nullopt;
    return details(rows.front());
}

JobUnknown unknown(Session& session, const std::string& name) {
    std::vector<std::string> names;
    for (const auto& row : session.query(sql::names)) names.push_back(row.bytes(0));
    return {core::suggestion(name, names)};
}

Ending endingOf(const JobAnswer& answer) {
    const auto* ordered = std::get_if<JobOrdered>(&answer);
    return ordered && ordered->changed ? Ending::commit : Ending::rollback;
}

struct Standing {
    bool paused = false, asked = false;
};
struct Change {
    std::int64_t order = 0;
    bool made = false;
};

// What `order(session, standing)` changes, under the job's row.
template <class Order> JobAnswer change(database::Database& database, const std::string& name, Order order) {
    return database.transact(
        [&](Session& session) -> JobAnswer {
            const auto rows = session.query(sql::lock_job, {name});
            if (rows.empty()) return unknown(session, name);
            const auto& row = rows.front();
            if (!row.maybeInteger(0)) return JobOfEveryNode{};
            const Change done =
                order(session, Standing{row.maybeTime(1).has_value(), row.maybeTime(2).has_value()});
            return JobOrdered{done.order, done.made, find(session, name).value()};
        },
        endingOf);
}

} // namespace

JobList MysqlJobDesk::jobs() {
    auto session = database_.session();
    JobList list;
    for (const auto& row : session->query(sql::jobs, {std::nullopt, std::nullopt}))
        list.jobs.push_back(details(row));
    list.runners = session->query(sql::runners).front().integer(0);
    return list;
}

std::variant<JobDetails, JobUnknown> MysqlJobDesk::job(const std::string& name) {
    auto session = database_.session();
    if (auto found = find(*session, name)) return *std::move(found);
    return unknown(*session, name);
}

std::variant<DeskList<JobRunDetails>, JobUnknown>
MysqlJobDesk::history(const std::string& name, const std::optional<std::string>& outcome,
                      const DeskPage& page) {
    auto session = database_.session();
    const auto before = page.after.value_or(std::numeric_limits<std::int64_t>::max());
    const auto rows = session->query(sql::history, {name, before, outcome, outcome, page.limit + 1});
    auto list = pageOf<JobRunDetails>(rows, page, [](const Row& row) { return runDetails(row); });
    if (list.items.empty() && !find(*session, name)) return unknown(*session, name);
    return list;
}

JobAnswer MysqlJobDesk::pause(const std::string& name, const OrderTerms& terms) {
    return change(database_, name, [&](Session& session, Standing standing) {
        if (standing.paused) return Change{};
        const auto order = addAudit(session, terms, "job.pause", name, detailOf(terms));
        session.execute(sql::pause, {core::shortened(terms.actor, kLongestActor),
                                     core::shortened(terms.reason.value_or(""), kLongestReason), name});
        return Change{order, true};
    });
}

JobAnswer MysqlJobDesk::resume(const std::string& name, const OrderTerms& terms) {
    return change(database_, name, [&](Session& session, Standing standing) {
        if (!standing.paused) return Change{};
        const auto order = addAudit(session, terms, "job.resume", name, detailOf(terms));
        session.execute(sql::resume, {name});
        return Change{order, true};
    });
}

JobAnswer MysqlJobDesk::runNow(const std::string& name, const OrderTerms& terms) {
    return change(database_, name, [&](Session& session, Standing standing) {
        if (standing.asked) { // whoever orders the same waits for the run that was ordered before
            const auto before = session.query(sql::order_of_ask, {name});
            return Change{before.empty() ? 0 : before.front().integer(0), false};
        }
        const auto order = addAudit(session, terms, "job.run", name, detailOf(terms));
        session.execute(sql::ask_run, {order, core::shortened(terms.actor, kLongestActor), name});
        return Change{order, true};
    });
}

std::optional<OrderedRun> MysqlJobDesk::ordered(const std::string& name, std::int64_t order) {
    const auto rows = database_.session()->query(sql::ordered, {order, name});
    if (rows.empty()) return std::nullopt;
    const auto& row = rows.front();
    constexpr std::size_t written = 10;
    OrderedRun found{.order = order, .at = row.time(0), .by = row.bytes(1)};
    if (!row.isNull(written)) {
        found.state = OrderedRun::State::ended;
        found.run = runDetails(row, written);
        return found;
    }
    const bool waits = row.integer(2) != 0, runs = row.integer(3) != 0, known = row.integer(4) != 0;
    found.state = waits  ? OrderedRun::State::waiting
                  : runs ? OrderedRun::State::running
                         : OrderedRun::State::ended;
    if (known)
        found.run = JobRunDetails{.node = row.maybeBytes(5).value_or(""),
                                  .outcome = row.maybeBytes(9).value_or("RUNNING"),
                                  .started = row.time(7),
                                  .ended = row.maybeTime(8),
                                  .term = row.maybeBytes(6),
                                  .askedBy = found.by};
    return found;
}

} // namespace outboxd::scheduler::mysql
