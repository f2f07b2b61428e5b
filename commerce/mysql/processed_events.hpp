// Which events have had their effect, by who has it: the table processed_event. With it an effect in this database happens
// once per event, however often the event is delivered. Statements: sql/queries/processed_events.sql.
#pragma once

#include "platform/core/event_id.hpp"
#include "platform/database/database.hpp"

#include <functional>
#include <set>
#include <string_view>

namespace outboxd::commerce::mysql {

using EventIds = std::set<core::EventId>; // ascending, the order in which their rows are locked

// Those of `ids` whose effect `handler` has had.
EventIds processed(database::Session& session, std::string_view handler, const EventIds& ids);

// Calls `effects` with those of `ids` that are new, and remembers them in the same transaction; not at all if none is.
// How many were new. `effects` may run more than once, see Database::transact. Their rows of processed_event are locked
// by then, so whoever adds the same ones waits for the commit. Throws core::Error.
std::size_t onceEach(database::Database& database, std::string_view handler, const EventIds& ids,
                     const std::function<void(database::Session&, const EventIds& fresh)>& effects);

} // namespace outboxd::commerce::mysql
