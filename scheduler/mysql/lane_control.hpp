// Operators' commands, and what lanes remember of their owners, in the tables outbox_command and outbox_lane.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/lane_control.hpp"

namespace outboxd::scheduler::mysql {

// Thread-safe.
class MysqlLaneControl final : public LaneControl {
public:
    // A command that concerns more rows is executed in steps, lowest ids first, each of which leaves another command for the
    // rest: no transaction grows with what an operator orders.
    static constexpr std::int64_t kRowsAtOnce = 5000;

    explicit MysqlLaneControl(database::Database& database) : database_(database) {}

    std::vector<LaneCommand> due(std::span<const Lane> lanes, std::size_t most) override;
    MarkResult run(const LaneTerm& term, std::span<const LaneCommand> commands) override;
    LaneCare enter(const LaneTerm& term) override;
    MarkResult note(const LaneTerm& term, std::int64_t event) override;
    void leave(const LaneTerm& term) override;

private:
    database::Database& database_;
};

} // namespace outboxd::scheduler::mysql
