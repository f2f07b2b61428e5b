// Operators' commands and what lanes remember, on the real tables.
#pragma once

#include "scheduler/mysql/lane_control.hpp"
#include "tests/support/outbox_database.hpp"

#include <boost/test/unit_test.hpp>

namespace outboxd::testing {

using scheduler::HeldRecord;
using scheduler::Lane;
using scheduler::LaneTerm;
using scheduler::MarkResult;

struct ControlStage {
    OutboxDatabase db;
    scheduler::mysql::MysqlLaneControl control{db.database};

    std::int64_t order(Lane lane, const std::string& kind, const std::string& key = "NULL",
                       const std::string& range = "NULL, NULL", int delaySeconds = 0) {
        db.run(
            "INSERT INTO outbox_command (order_id, lane, kind, order_key, event, up_to, not_before) VALUES (7, " +
            std::to_string(lane) + ", '" + kind + "', " + (key == "NULL" ? key : "'" + key + "'") + ", " +
            range + ", UTC_TIMESTAMP(6) + INTERVAL " + std::to_string(delaySeconds) + " SECOND)");
        return db.number("SELECT MAX(id) FROM outbox_command");
    }
    // Runs what is due of the lane; how often until nothing is.
    int runAll(const LaneTerm& term) {
        int runs = 0;
        for (;; ++runs) {
            const auto commands = control.due(std::span{&term.lane, 1}, 100);
            if (commands.empty()) return runs;
            BOOST_REQUIRE(control.run(term, commands) == MarkResult::marked);
            BOOST_REQUIRE(runs < 1000);
        }
    }
    void hold(const LaneTerm& term, std::int64_t id, const std::string& key, HeldRecord::State state) {
        const HeldRecord row{id, key, state, state == HeldRecord::State::failed ? "too large" : ""};
        BOOST_REQUIRE(db.source.mark(term, {}, std::span{&row, 1}) == MarkResult::marked);
    }
    std::string queued() { return db.value("SELECT GROUP_CONCAT(id ORDER BY id) FROM outbox_queue"); }
    std::string held() { return db.value("SELECT GROUP_CONCAT(id ORDER BY id) FROM outbox_held"); }
    std::string outcome(std::int64_t command) {
        return db.value(
            "SELECT CONCAT_WS(' ', state, affected, done_by, done_at IS NOT NULL) FROM outbox_command "
            "WHERE id = " +
            std::to_string(command));
    }
};

} // namespace outboxd::testing
