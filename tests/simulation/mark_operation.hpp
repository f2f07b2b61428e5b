// OutboxSource::mark as scheduler/mysql/ does it: what is acknowledged leaves the queue by one fenced statement, for a range
// of rows or a list of them; verdicts need a transaction.
#pragma once

#include "tests/simulation/operation.hpp"

#include <optional>

namespace outboxd::simulation {

class MarkOperation final : public Operation {
public:
    // `mayCount`: each of the rows stands in the queue for certain, so a range that holds as many holds these.
    MarkOperation(SimDb& db, scheduler::relay::MarkLane action, bool mayCount);

    Progress execute() override;
    scheduler::relay::Event answer() override {
        return scheduler::relay::Marked{action_.term.lane, action_.epoch, result_};
    }
    scheduler::relay::Event failure() const override {
        return scheduler::relay::MarkFailed{action_.term.lane, action_.epoch};
    }

private:
    enum class Statement { range, commit_range, list, check, settle, fence, commit } next_ = Statement::list;
    Progress settleRange();
    Progress settleList();
    Progress settleWithVerdicts();
    Progress lost();
    void commit();

    SimDb& db_;
    std::optional<Transaction> transaction_;
    const scheduler::relay::MarkLane action_;
    std::vector<Id> leaving_; // acknowledged and held
    std::vector<Id> removed_; // those of them that were in the queue
    scheduler::MarkResult result_ = scheduler::MarkResult::marked;
};

} // namespace outboxd::simulation
