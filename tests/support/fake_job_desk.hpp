// A desk for jobs that remembers what was ordered and answers what the test put there.
#pragma once

#include "scheduler/job_desk.hpp"

namespace outboxd::testing {

class FakeJobDesk final : public scheduler::JobDesk {
public:
    scheduler::JobList jobs() override { return {{shown}, 2}; }
    std::variant<scheduler::JobDetails, scheduler::JobUnknown> job(const std::string& name) override {
        if (name != shown.name) return scheduler::JobUnknown{"; did you mean " + shown.name + "?"};
        return shown;
    }
    std::variant<scheduler::DeskList<scheduler::JobRunDetails>, scheduler::JobUnknown>
    history(const std::string& name, const std::optional<std::string>& outcome,
            const scheduler::DeskPage& page) override {
        if (name != shown.name) return scheduler::JobUnknown{};
        asked = outcome;
        askedPage = page;
        return runs;
    }
    scheduler::JobAnswer pause(const std::string& name, const scheduler::OrderTerms& terms) override {
        return take("pause", name, terms);
    }
    scheduler::JobAnswer resume(const std::string& name, const scheduler::OrderTerms& terms) override {
        return take("resume", name, terms);
    }
    scheduler::JobAnswer runNow(const std::string& name, const scheduler::OrderTerms& terms) override {
        return take("run", name, terms);
    }
    std::optional<scheduler::OrderedRun> ordered(const std::string&, std::int64_t order) override {
        if (order != run.order) return std::nullopt;
        return run;
    }

    scheduler::JobDetails shown{.name = "tidy-up", .schedule = "every 1h", .zone = "UTC"};
    scheduler::DeskList<scheduler::JobRunDetails> runs;
    std::optional<std::string> asked;
    scheduler::DeskPage askedPage;
    std::optional<scheduler::JobAnswer> answer; // empty: it is done
    scheduler::OrderedRun run{.order = 9};
    std::vector<std::string> orders;

private:
    scheduler::JobAnswer take(const std::string& verb, const std::string& name,
                              const scheduler::OrderTerms& terms) {
        orders.push_back(verb + " " + name + " by " + terms.actor + ": " + terms.reason.value_or("-"));
        if (answer) return *answer;
        return scheduler::JobOrdered{9, true, shown};
    }
};

} // namespace outboxd::testing
