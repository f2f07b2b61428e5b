#include "tests/simulation/sim_worker.hpp"

#include <utility>

namespace outboxd::simulation {

using Progress = Operation::Progress;

namespace {
constexpr int kLockWait = 30; // tries
} // namespace

bool SimWorker::step(std::deque<scheduler::relay::Event>& answers) {
    if (failure_) {
        answers.push_back(std::move(*std::exchange(failure_, std::nullopt)));
    } else if (!operation_) {
        if (line_.empty()) return false;
        begin();
    } else if (sent_) {
        return false;
    } else if (progress_ == Progress::done) {
        answers.push_back(operation_->answer());
        operation_.reset();
    } else {
        sent_ = true;
    }
    return true;
}

void SimWorker::begin() {
    operation_ = std::move(line_.front());
    line_.pop_front();
    sent_ = true;
    waits_ = 0;
    progress_ = Progress::waiting; // nothing was executed yet
    if (!databaseUp_) return fail();
    operation_->begin();
}

bool SimWorker::executeStatement() {
    if (!operation_ || !sent_) return false;
    progress_ = operation_->execute();
    if (progress_ != Progress::waiting) {
        sent_ = false;
    } else if (++waits_ >= kLockWait) {
        fail();
    }
    return true;
}

void SimWorker::fail() {
    failure_ = operation_->failure();
    operation_.reset();
}

void SimWorker::cut(std::vector<Orphan>& orphans) {
    if (!operation_) return;
    failure_ = operation_->failure();
    orphans.push_back({std::move(operation_), sent_});
}

void SimWorker::restartDatabase() {
    if (operation_) fail();
}

void SimWorker::die(std::vector<Orphan>& orphans) {
    if (operation_) orphans.push_back({std::move(operation_), sent_});
    line_.clear();
    failure_.reset();
}

} // namespace outboxd::simulation
