// What the relay asks of the database, statement by statement: between any two of them anything may happen. The statements
// are those of scheduler/mysql/, see there.
#pragma once

#include "scheduler/relay_protocol.hpp"
#include "tests/simulation/transaction.hpp"

#include <memory>

namespace outboxd::simulation {

// One call of OutboxSource or LaneControl under way on a connection of its own. Destroying it rolls back.
class Operation {
public:
    enum class Progress { more, done, waiting }; // waiting: for a lock; the statement was not executed

    virtual ~Operation() = default;
    // The thread comes to it; the database can be reached.
    virtual void begin() {}
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

// Both polls in one snapshot; if a count shows that something is late, which rows; the rows themselves.
class ReadOperation final : public Operation {
public:
    ReadOperation(SimDb& db, scheduler::relay::ReadLane action);
    Progress execute() override;
    scheduler::relay::Event answer() override;
    scheduler::relay::Event failure() const override {
        return scheduler::relay::ReadFailed{action_.term.lane, action_.epoch};
    }

private:
    // after_alone and late_first: of mutants alone
    enum class Statement {
        both,
        after_alone,
        late_first,
        late,
        late_rows,
        fence,
        done
    } next_ = Statement::both;
    bool fenced() const { return db_.mutant() == Mutant::no_read_fence || db_.holds(action_.term); }
    bool noneIsLate() const;
    void readAfter();
    void findLate();
    void fetchLate();
    scheduler::QueuedRecord row(Id id) const;

    SimDb& db_;
    const scheduler::relay::ReadLane action_;
    scheduler::LaneBatch batch_;
    std::vector<Id> late_;
    std::vector<scheduler::QueuedRecord> lateRows_;
    bool lost_ = false; // the lane is not ours any more
};

// A careful owner notes the row that it is about to send.
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

} // namespace outboxd::simulation
