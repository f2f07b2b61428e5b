// What the nodes agree on about their jobs, in the tables job_control and shedlock.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/job_board.hpp"

namespace outboxd::scheduler::mysql {

// Thread-safe.
class MysqlJobBoard final : public JobBoard {
public:
    MysqlJobBoard(database::Database& database, std::string node)
        : database_(database), node_(std::move(node)) {}

    void declare(std::span<const DeclaredJob> jobs) override;
    BoardView look() override;
    BeginAnswer begin(const JobBegin& begin) override;
    bool end(const Term& term, std::chrono::milliseconds atLeast, JobView::State state) override;

private:
    BeginAnswer obstacle(database::Session& session, const std::string& job);

    database::Database& database_;
    const std::string node_;
};

} // namespace outboxd::scheduler::mysql
