#include "scheduler/mysql/node_store.hpp"

#include "platform/core/text.hpp"
#include "sql/nodes.hpp"

namespace outboxd::scheduler::mysql {
namespace {

const char* name(JobRun::Outcome outcome) {
    switch (outcome) {
    case JobRun::Outcome::done: return "DONE";
    case JobRun::Outcome::failed: return "FAILED";
    case JobRun::Outcome::lost: return "LOST";
    case JobRun::Outcome::cancelled: return "CANCELLED";
    case JobRun::Outcome::skipped: return "SKIPPED";
    }
    return "FAILED";
}

std::optional<std::string> orNull(const std::string& text, std::size_t longest) {
    if (text.empty()) return std::nullopt;
    return core::shortened(text, longest);
}

} // namespace

void MysqlNodeRegistry::enter() {
    database_.session()->execute(sql::nodes::register_node,
                                 {identity_.name, identity_.incarnation, identity_.roles, identity_.version});
}

void MysqlNodeRegistry::beat() {
    if (database_.session()->execute(sql::nodes::beat, {identity_.name, identity_.incarnation}) == 1) return;
    throw core::Error(core::ErrorKind::misconfigured,
                      "another process has entered as node '" + identity_.name + "'",
                      "give each node its own node.name");
}

void MysqlJobHistory::add(const JobRun& run) {
    const auto now = clock_.now();
    std::optional<std::string> skip;
    if (run.skip) skip = std::string{scheduler::name(*run.skip)};
    database_.session()->execute(sql::nodes::add_job_run,
                                 {run.job, node_, orNull(run.term, 255), (now - run.started).count(),
                                  (now - run.ended).count(), name(run.outcome), orNull(run.detail, 500),
                                  run.planned, skip, orNull(run.holder, 255), run.askedAt,
                                  orNull(run.askedBy, 128)});
}

} // namespace outboxd::scheduler::mysql
