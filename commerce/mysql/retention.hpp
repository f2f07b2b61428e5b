// Removes what has served its time.
#pragma once

#include "platform/database/session.hpp"

#include <cstdint>

namespace outboxd::commerce::mysql {

// Deletes at most `limit` idempotency records whose time is over, oldest first; returns how many there were. Harmless to
// run on several nodes. Throws core::Error.
std::uint64_t removeExpiredKeys(database::Session& session, std::int64_t limit);

} // namespace outboxd::commerce::mysql
