// One way in which the books can disagree: how it is found, and how it is mended.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace outboxd::commerce::reconcile {

// Something that cannot be if every change was made as a whole, and only by the shop.
struct Finding {
    std::string subject; // "product", "order", ...
    std::string id;      // which of them
    std::string expected;
    std::string found;
};

enum class Verdict {
    reported, // nobody asked for a repair, which would know what to do
    person,   // somebody has to decide
    proposed, // a dry run: what a repair would do
    repaired,
    gone,   // at the second look it was all right
    failed, // the repair was not made; the books are as they were
};
// Stable, in UPPER_CASE, as the database and the API spell it.
std::string_view name(Verdict verdict);

// What became of a finding.
struct Treated {
    Verdict verdict = Verdict::person;
    std::string what; // was done, would be, should be, or why not
};

// What a check looks with.
class Looking {
public:
    virtual ~Looking() = default;
    virtual void report(const Finding& finding) = 0;
    // False: the run is to end; look() returns then. Asked between steps.
    virtual bool goOn() = 0;
    // Waits, so that work in progress comes to its end. False: the run is to end.
    virtual bool rest(std::chrono::microseconds time) = 0;
};

// Used by one thread; made for one run.
class Check {
public:
    virtual ~Check() = default;
    virtual std::string_view name() const = 0;
    // Whether treat() may be called.
    virtual bool repairs() const = 0;
    // In one sentence: what a repair does; if there is none, what a person should do.
    virtual std::string_view remedy() const = 0;
    // Reports what does not agree, and nothing that only seems so because work is in progress. Changes nothing, and may
    // run beside the living shop. Throws core::Error when it cannot look.
    virtual void look(Looking& looking) = 0;
    // Looks again, under the locks of what it concerns, and mends it if it is still so, in one transaction with its line in
    // the audit log; a dry run takes the same way and rolls back. `line`: where the finding stands in its run.
    // Throws core::Error: nothing was changed, or, with outcome_unknown, the next run will see.
    virtual Treated treat(const Finding& finding, int line) = 0;
};

} // namespace outboxd::commerce::reconcile
