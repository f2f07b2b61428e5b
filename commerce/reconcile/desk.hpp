// What operators see of the reconciliation and order of it. An order is a row that waits; whichever node has the role jobs
// takes it up.
#pragma once

#include "commerce/reconcile/runs.hpp"

#include <variant>

namespace outboxd::commerce::reconcile {

struct RunOrder {
    Mode mode = Mode::report;
    std::vector<std::string> checks; // empty: all
    std::optional<std::string> reason;
    std::string actor;
};
struct RunAsked {
    std::int64_t run = 0;
};
struct UnknownChecks {
    std::vector<std::string> names, known;
};
// So many wait already.
struct TooManyRuns {
    std::int64_t waiting = 0;
};
using RunAnswer = std::variant<RunAsked, UnknownChecks, TooManyRuns>;
inline constexpr std::int64_t kMostWaiting = 20;

struct RunView {
    std::int64_t id = 0;
    std::string mode, state, askedBy; // state: ASKED, RUNNING, or how it ended
    std::vector<std::string> checks;  // empty: all
    std::optional<std::string> reason, node, cancelledBy;
    core::Timestamp askedAt{};
    std::optional<core::Timestamp> startedAt, endedAt;
    std::int64_t found = 0, repaired = 0;
};
struct CheckView {
    std::string name;
    CheckResult result;
};
struct FindingView {
    std::int64_t line = 0;
    std::string check;
    Finding finding;
    std::string verdict, remedy;
    std::optional<std::int64_t> audit; // the repair's line in the audit log
};

template <class Item> struct RunPage {
    std::vector<Item> items;
    std::optional<std::int64_t> next; // empty: the last page
};

// Thread-safe. Throws core::Error when the database cannot answer.
class RunDesk {
public:
    virtual ~RunDesk() = default;
    virtual RunAnswer order(const RunOrder& order) = 0;
    // False: it has ended already, or there is none. One that is under way ends at its next step.
    virtual bool cancel(std::int64_t run, const std::string& actor) = 0;
    virtual std::optional<RunView> run(std::int64_t id) = 0;
    virtual std::vector<CheckView> checks(std::int64_t run) = 0;                      // made so far
    virtual RunPage<RunView> runs(int limit, std::optional<std::int64_t> before) = 0; // newest first
    virtual RunPage<FindingView> findings(std::int64_t run, int limit, std::optional<std::int64_t> after) = 0;
};

} // namespace outboxd::commerce::reconcile
