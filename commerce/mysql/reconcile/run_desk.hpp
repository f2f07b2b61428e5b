// Runs of the reconciliation as operators see and order them. Statements: reconcile_runs.sql.
#pragma once

#include "commerce/reconcile/desk.hpp"
#include "platform/database/database.hpp"

namespace outboxd::commerce::mysql::reconcile {

class MysqlRunDesk final : public commerce::reconcile::RunDesk {
public:
    // `known`: the names of the checks that may be ordered. `database` must outlive the desk.
    MysqlRunDesk(database::Database& database, std::vector<std::string> known)
        : database_(database), known_(std::move(known)) {}

    commerce::reconcile::RunAnswer order(const commerce::reconcile::RunOrder& order) override;
    bool cancel(std::int64_t run, const std::string& actor) override;
    std::optional<commerce::reconcile::RunView> run(std::int64_t id) override;
    std::vector<commerce::reconcile::CheckView> checks(std::int64_t run) override;
    commerce::reconcile::RunPage<commerce::reconcile::RunView>
    runs(int limit, std::optional<std::int64_t> before) override;
    commerce::reconcile::RunPage<commerce::reconcile::FindingView>
    findings(std::int64_t run, int limit, std::optional<std::int64_t> after) override;

private:
    database::Database& database_;
    const std::vector<std::string> known_;
};

// The last run of all checks that came to its end, for the metrics; empty: there was none.
struct LastComplete {
    core::Timestamp endedAt;
    std::int64_t repaired = 0;
    std::vector<commerce::reconcile::CheckView> checks;
};
std::optional<LastComplete> lastComplete(database::Database& database);

} // namespace outboxd::commerce::mysql::reconcile
