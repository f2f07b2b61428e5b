// What the relay asks of the database, statement by statement: between any two of them anything may happen.
// The statements are those of scheduler/mysql/, see there.
#pragma once

#include "scheduler/relay_protocol.hpp"
#include "tests/simulation/sim_db.hpp"

#include <memory>

namespace outboxd::simulation {

// One call of OutboxSource or LaneControl under way on a connection of its own. Destroying it rolls back.
class Operation {
public:
    enum class Progress { more, done, waiting }; // waiting: for a lock; the statement was not executed

    virtual ~Operation() = default;
    // The server executes the next statement.
    virtual Progress execute() = 0;
    // What the rules are told: after the last statement, or when the connection broke.
    virtual scheduler::relay::Event answer() = 0;
    virtual scheduler::relay::Event failure() const = 0;
};

class ProbeOperation final : public Operation {
public:
    ProbeOperation(SimDb& db, std::vector<Lane> lanes) : db_(db), lanes_(std::move(lanes)) {}
    Progress execute() override;
    scheduler::relay::Event answer() override { return std::move(probed_); }
    scheduler::relay::Event failure() const override { return scheduler::relay::ProbeFailed{}; }

private:
    SimDb& db_;
    const std::vector<Lane> lanes_;
    scheduler::relay::Probed probed_;
};

// Poll A, a count that may spare the rest, poll B's ids, poll B's rows.
class ReadOperation final : public Operation {
public:
    ReadOperation(SimDb& db, scheduler::relay::ReadLane action);
    Progress execute() override;
    scheduler::relay::Event answer() override;
    scheduler::relay::Event failure() const override {
        return scheduler::relay::ReadFailed{action_.term.lane, action_.epoch};
    }

private:
    enum class Poll { after, count, late, late_rows };
    bool fenced() const { return db_.mutant() == Mutant::no_read_fence || db_.holds(action_.term); }
    void readAfter();
    bool noneIsLate() const;
    void findLate();
    void fetchLate();
    void add(Id id);

    SimDb& db_;
    const scheduler::relay::ReadLane action_;
    std::vector<Poll> polls_; // in the order of their execution, the next one last
    scheduler::LaneBatch batch_;
    std::vector<Id> late_;
    bool lost_ = false;
};

class MarkOperation final : public Operation {
public:
    MarkOperation(SimDb& db, scheduler::relay::MarkLane action)
        : db_(db), transaction_(db, action.term), action_(std::move(action)) {}
    Progress execute() override;
    scheduler::relay::Event answer() override {
        return scheduler::relay::Marked{action_.term.lane, action_.epoch, result_};
    }
    scheduler::relay::Event failure() const override {
        return scheduler::relay::MarkFailed{action_.term.lane, action_.epoch};
    }

private:
    enum class Stage { remove, fence, commit } stage_ = Stage::remove;
    SimDb& db_;
    Transaction transaction_;
    const scheduler::relay::MarkLane action_;
    std::vector<Id> removed_;
    scheduler::MarkResult result_ = scheduler::MarkResult::marked;
};

class NoteOperation final : public Operation {
public:
    NoteOperation(SimDb& db, scheduler::relay::NoteRow action)
        : db_(db), transaction_(db, action.term), action_(std::move(action)) {}
    Progress execute() override;
    scheduler::relay::Event answer() override {
        return scheduler::relay::Noted{action_.term.lane, action_.epoch, result_};
    }
    scheduler::relay::Event failure() const override {
        return scheduler::relay::NoteFailed{action_.term.lane, action_.epoch};
    }

private:
    SimDb& db_;
    Transaction transaction_;
    const scheduler::relay::NoteRow action_;
    bool fenced_ = false;
    scheduler::MarkResult result_ = scheduler::MarkResult::marked;
};

class CommandsOperation final : public Operation {
public:
    CommandsOperation(SimDb& db, scheduler::relay::RunCommands action)
        : db_(db), transaction_(db, action.term), action_(std::move(action)) {}
    Progress execute() override;
    scheduler::relay::Event answer() override {
        return scheduler::relay::CommandsRun{action_.term.lane, action_.epoch, result_};
    }
    scheduler::relay::Event failure() const override {
        return scheduler::relay::CommandsFailed{action_.term.lane, action_.epoch};
    }

private:
    enum class Stage { change, fence, commit } stage_ = Stage::change;
    std::vector<Id> touched() const;
    void apply(const scheduler::LaneCommand& command);

    SimDb& db_;
    Transaction transaction_;
    const scheduler::relay::RunCommands action_;
    scheduler::MarkResult result_ = scheduler::MarkResult::marked;
};

// Returns all held rows of a key to the queue.
void redrive(SimDb& db, Lane lane, int key);

} // namespace outboxd::simulation
