// The runs of the reconciliation on MariaDB and MySQL, for the node that makes them. Statements: reconcile_runs.sql.
#pragma once

#include "commerce/mysql/reconcile/repair.hpp"
#include "commerce/reconcile/runs.hpp"

namespace outboxd::commerce::mysql::reconcile {

// The next run that waits, now begun by `node`; empty if there is none. What a node left half way is ended as interrupted: the
// caller holds the one lock under which runs are made, as `fence` proves.
std::optional<commerce::reconcile::Run> takeRun(database::Database& database, const std::string& node,
                                                const Fence& fence);

// The clock asks for a run, unless one that it asked for waits already. Returns whether it does now.
bool scheduleRun(database::Database& database, commerce::reconcile::Mode mode, const Fence& fence);

// Of one run. Each call is a transaction with the fence.
class MysqlRunLog final : public commerce::reconcile::RunLog {
public:
    MysqlRunLog(database::Database& database, std::int64_t run, Fence fence)
        : database_(database), run_(run), fence_(std::move(fence)) {}

    bool wanted() override;
    int add(std::string_view check, const Finding& finding, const Treated& first) override;
    void conclude(int line, const Treated& treated) override;
    void checked(std::string_view check, const commerce::reconcile::CheckResult& result) override;
    void finish(commerce::reconcile::Ending ending) override;

private:
    template <class Work> void write(const Work& work);

    database::Database& database_;
    const std::int64_t run_;
    const Fence fence_;
    int lines_ = 0, checks_ = 0;
};

} // namespace outboxd::commerce::mysql::reconcile
