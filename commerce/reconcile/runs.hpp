// Runs of the reconciliation as plain values, and where they are written down.
#pragma once

#include "commerce/reconcile/check.hpp"
#include "platform/core/clock.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace outboxd::commerce::reconcile {

enum class Mode {
    report,
    dry_run, // says of each finding what a repair would do
    repair,
};
// REPORT, DRY_RUN, REPAIR; the other way throws core::Error(invalid_data) for a name that there is not.
std::string_view name(Mode mode);
Mode modeFrom(std::string_view name);

// Where a run ends.
enum class Ending { done, incomplete, interrupted, cancelled };
std::string_view name(Ending ending);

struct Run {
    std::int64_t id = 0;
    Mode mode = Mode::report;
    std::vector<std::string> checks; // empty: all there are
    std::string askedBy;
};

struct CheckResult {
    std::int64_t found = 0, repaired = 0; // found: but for what was gone at the second look
    std::optional<std::string> error;     // why it could not be made to its end
};

// The book of one run. Every call throws core::Error, also if the run's lock was lost: then nothing more can be written.
class RunLog {
public:
    virtual ~RunLog() = default;
    // Whether nobody has cancelled the run.
    virtual bool wanted() = 0;
    // Returns the finding's line.
    virtual int add(std::string_view check, const Finding& finding, const Treated& first) = 0;
    // Of what was not repaired: a repair writes it down itself, in its own transaction.
    virtual void conclude(int line, const Treated& treated) = 0;
    virtual void checked(std::string_view check, const CheckResult& result) = 0;
    virtual void finish(Ending ending) = 0;
};

} // namespace outboxd::commerce::reconcile
