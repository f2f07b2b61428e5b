// What each kind of command does to the tables of its lane.
#pragma once

#include "platform/database/session.hpp"
#include "scheduler/lane_control.hpp"

namespace outboxd::scheduler::mysql {

// The columns kind, order_key, event and up_to begin at `first`.
LaneCommand toCommand(std::int64_t id, Lane lane, const database::Row& row, std::size_t first);

// Executes at most about `atOnce` rows of the command `id`, in the caller's transaction, and writes down its end; what is
// left becomes another command of the same order. Nothing happens if it is done already or belongs to another lane.
void runCommand(database::Session& session, const LaneTerm& term, std::int64_t id, std::int64_t atOnce);

} // namespace outboxd::scheduler::mysql
