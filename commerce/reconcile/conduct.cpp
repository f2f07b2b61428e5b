#include "commerce/reconcile/conduct.hpp"

#include "commerce/names.hpp"

#include <algorithm>

namespace outboxd::commerce::reconcile {
namespace {

constexpr Names<Verdict, 6> kVerdicts{{{Verdict::reported, "REPORTED"},
                                       {Verdict::person, "PERSON"},
                                       {Verdict::proposed, "PROPOSED"},
                                       {Verdict::repaired, "REPAIRED"},
                                       {Verdict::gone, "GONE"},
                                       {Verdict::failed, "FAILED"}}};
constexpr Names<Mode, 3> kModes{
    {{Mode::report, "REPORT"}, {Mode::dry_run, "DRY_RUN"}, {Mode::repair, "REPAIR"}}};
constexpr Names<Ending, 4> kEndings{{{Ending::done, "DONE"},
                                     {Ending::incomplete, "INCOMPLETE"},
                                     {Ending::interrupted, "INTERRUPTED"},
                                     {Ending::cancelled, "CANCELLED"}}};

class Conductor final : public Looking {
public:
    Conductor(const Run& run, RunLog& log, const Surroundings& surroundings)
        : run_(run), log_(log), around_(surroundings), asked_(surroundings.clock.now()) {}

    void report(const Finding& finding) override {
        if (++result_.found <= kMostKept) kept_.push_back(finding);
    }
    bool goOn() override {
        if (around_.stopping()) ending_ = Ending::interrupted;
        if (ending_) return false;
        const auto now = around_.clock.now();
        if (now - asked_ < kAskAgain) return true;
        asked_ = now;
        if (!log_.wanted()) ending_ = Ending::cancelled;
        return !ending_;
    }
    bool rest(std::chrono::microseconds time) override { return around_.pause(time) && goOn(); }

    void make(Check& check) {
        result_ = {};
        kept_.clear();
        try {
            check.look(*this);
        } catch (const std::exception& error) {
            result_.error = error.what();
            incomplete_ = true;
        }
        const Treated first{check.repairs() ? Verdict::reported : Verdict::person,
                            std::string{check.remedy()}};
        for (const auto& finding : kept_) {
            const int line = log_.add(check.name(), finding, first);
            if (run_.mode == Mode::report || !check.repairs() || !goOn()) continue;
            treat(check, finding, line);
        }
        log_.checked(check.name(), result_);
    }
    void lack(const std::string& check) {
        result_ = {.error = "the node that made this run does not have this check"};
        incomplete_ = true;
        log_.checked(check, result_);
    }
    Ending ending() const { return ending_.value_or(incomplete_ ? Ending::incomplete : Ending::done); }

private:
    void treat(Check& check, const Finding& finding, int line) {
        Treated treated;
        try {
            treated = check.treat(finding, line);
        } catch (const std::exception& error) {
            treated = {Verdict::failed, error.what()};
        }
        if (treated.verdict == Verdict::gone) --result_.found;
        if (treated.verdict == Verdict::repaired) {
            ++result_.repaired;
        } else {
            log_.conclude(line, treated);
        }
    }

    const Run& run_;
    RunLog& log_;
    const Surroundings& around_;
    core::Instant asked_;
    CheckResult result_;
    std::vector<Finding> kept_;
    std::optional<Ending> ending_;
    bool incomplete_ = false;
};

} // namespace

std::string_view name(Verdict verdict) { return nameIn(kVerdicts, verdict); }
std::string_view name(Mode mode) { return nameIn(kModes, mode); }
Mode modeFrom(std::string_view name) { return valueIn(kModes, name, "mode"); }
std::string_view name(Ending ending) { return nameIn(kEndings, ending); }

Ending conduct(const Run& run, const Checks& checks, RunLog& log, const Surroundings& surroundings) {
    Conductor conductor(run, log, surroundings);
    const auto asked = [&](std::string_view name) {
        return run.checks.empty() || std::ranges::find(run.checks, name) != run.checks.end();
    };
    for (const auto& check : checks)
        if (asked(check->name()) && conductor.goOn()) conductor.make(*check);
    for (const auto& wanted : run.checks)
        if (std::ranges::none_of(checks, [&](const auto& check) { return check->name() == wanted; }))
            conductor.lack(wanted);
    log.finish(conductor.ending());
    return conductor.ending();
}

} // namespace outboxd::commerce::reconcile
