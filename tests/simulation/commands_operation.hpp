// LaneControl::run: the owner of a lane executes operators' commands in one fenced transaction. A command on many rows is
// done in parts: what is left becomes a command of its own.
#pragma once

#include "tests/simulation/operation.hpp"

#include <functional>

namespace outboxd::simulation {

class CommandsOperation final : public Operation {
public:
    // `atOnce`: rows that one command may touch. `refresh` has the node look at pauses and pins.
    CommandsOperation(SimDb& db, scheduler::relay::RunCommands action, std::size_t atOnce,
                      std::function<void()> refresh)
        : db_(db), transaction_(db, action.term), action_(std::move(action)), atOnce_(atOnce),
          refresh_(std::move(refresh)) {}
    void begin() override;
    Progress execute() override;
    scheduler::relay::Event answer() override {
        return scheduler::relay::CommandsRun{action_.term.lane, action_.epoch, result_};
    }
    scheduler::relay::Event failure() const override {
        return scheduler::relay::CommandsFailed{action_.term.lane, action_.epoch};
    }

private:
    enum class Statement { change, fence, commit } next_ = Statement::change;
    std::vector<Id> touched() const;
    void commit();

    SimDb& db_;
    Transaction transaction_;
    const scheduler::relay::RunCommands action_;
    const std::size_t atOnce_;
    const std::function<void()> refresh_;
    scheduler::MarkResult result_ = scheduler::MarkResult::marked;
};

// Orders the held rows of a key back to the queue if nothing is left that they wait behind.
void returnHeadless(SimDb& db, Lane lane, int key);
// Returns all held rows of a key to the queue.
void redriveAll(SimDb& db, Lane lane, int key);

} // namespace outboxd::simulation
