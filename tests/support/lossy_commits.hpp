// A unit of work whose connection is lost while committing, as the verbs say.
#pragma once

#include "commerce/unit_of_work.hpp"
#include "platform/core/error.hpp"

#include <utility>

namespace outboxd::testing {

class LossyCommits final : public commerce::UnitOfWork {
public:
    explicit LossyCommits(commerce::UnitOfWork& real) : real_(real) {}

    // The next `times` commits happen, but their answers never arrive.
    void loseAnswers(int times) { answers_ = times; }
    // The next `times` commits never reach the database, which rolls back.
    void loseCommits(int times) { commits_ = times; }

    void run(const std::function<commerce::Ending(commerce::Transaction&)>& work) override {
        using commerce::Ending;
        bool lost = false;
        real_.run([&](commerce::Transaction& transaction) {
            auto ending = work(transaction);
            if (ending == Ending::rollback) return ending;
            if (commits_ > 0) {
                --commits_;
                ending = Ending::rollback;
                lost = true;
            } else if (answers_ > 0) {
                --answers_;
                lost = true;
            }
            return ending;
        });
        if (lost) throw core::Error(core::ErrorKind::outcome_unknown, "connection lost during COMMIT");
    }

private:
    commerce::UnitOfWork& real_;
    int answers_ = 0;
    int commits_ = 0;
};

} // namespace outboxd::testing
