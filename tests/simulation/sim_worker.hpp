// One of a process's threads for the database (scheduler::RelayWorker): calls stand in line and are done one after the
// other, beside whatever the other threads do meanwhile.
#pragma once

#include "tests/simulation/operation.hpp"

#include <deque>
#include <optional>

namespace outboxd::simulation {

// A statement whose client is gone: the server may execute it yet.
struct Orphan {
    std::unique_ptr<Operation> operation;
    bool sent = false;
};

class SimWorker {
public:
    explicit SimWorker(const bool& databaseUp) : databaseUp_(databaseUp) {}

    void give(std::unique_ptr<Operation> operation) { line_.push_back(std::move(operation)); }

    // The thread goes on: it begins a call, sends the next statement, or has an answer. False: it waits for the database,
    // or there is nothing to do.
    bool step(std::deque<scheduler::relay::Event>& answers);
    // The database executes the statement that it was sent. False: none is waiting to be executed.
    bool executeStatement();

    // Its connection breaks; the statement under way becomes an orphan.
    void cut(std::vector<Orphan>& orphans);
    void restartDatabase(); // the same; nothing of it is left at the server
    void die(std::vector<Orphan>& orphans);

    bool idle() const { return line_.empty() && !operation_ && !failure_; }
    // Between two statements of a call.
    bool midway() const { return operation_ && progress_ == Operation::Progress::more; }

private:
    void begin();
    void fail();

    const bool& databaseUp_;
    std::deque<std::unique_ptr<Operation>> line_;
    std::unique_ptr<Operation> operation_;
    Operation::Progress progress_ = Operation::Progress::more;
    bool sent_ = false; // the statement is with the server
    int waits_ = 0;
    std::optional<scheduler::relay::Event> failure_;
};

} // namespace outboxd::simulation
