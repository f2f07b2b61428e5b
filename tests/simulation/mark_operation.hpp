// OutboxSource::mark as scheduler/mysql/ does it: what is acknowledged leaves the queue by one fenced statement, for a range
// of rows or a list of them; verdicts need a transaction.
#pragma once

#include "tests/simulation/operation.hpp"

#include <memory>
#include <optional>
#include <set>

namespace outboxd::simulation {

class MarkOperation final : public Operation {
public:
    // At least `smallestRange` rows are settled by their count: each of them stands in the queue for certain, so a range that
    // holds as many holds these. Not after a mark that failed and may have been done all the same: `unknown` has its lane.
    MarkOperation(SimDb& db, scheduler::relay::MarkLane action, std::size_t smallestRange,
                  std::shared_ptr<std::set<Lane>> unknown);

    Progress execute() override;
    scheduler::relay::Event answer() override {
        unknown_->erase(action_.term.lane);
        return scheduler::relay::Marked{action_.term.lane, action_.epoch, result_};
    }
    scheduler::relay::Event failure() const override {
        unknown_->insert(action_.term.lane);
        return scheduler::relay::MarkFailed{action_.term.lane, action_.epoch};
    }

private:
    enum class Statement {
        first,
        range,
        commit_range,
        list,
        check,
        settle,
        fence,
        commit
    } next_ = Statement::first;
    Statement firstOne() const;
    Progress settleRange();
    Progress settleList();
    Progress settleWithVerdicts();
    Progress lost();
    void commit();

    SimDb& db_;
    std::optional<Transaction> transaction_;
    const scheduler::relay::MarkLane action_;
    const std::size_t smallestRange_;
    const std::shared_ptr<std::set<Lane>> unknown_;
    std::vector<Id> leaving_; // acknowledged and held
    std::vector<Id> removed_; // those of them that were in the queue
    scheduler::MarkResult result_ = scheduler::MarkResult::marked;
};

} // namespace outboxd::simulation
