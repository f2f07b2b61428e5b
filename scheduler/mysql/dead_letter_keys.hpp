// A key's row in dead_letter_key: whoever changes letters of the key holds its lock. Internal to scheduler/mysql.
#pragma once

#include "platform/database/session.hpp"

#include <optional>

namespace outboxd::scheduler::mysql {

// Until the transaction ends. False if the key is not blocked. Several keys: in the order of their digests.
bool lockKey(database::Session& session, std::string_view listener, std::string_view digest);

// After letters were removed, under the lock: the first one left is due now if it was parked, and a key without letters is
// free. Returns the first one, unless that waits for a person.
std::optional<std::int64_t> settleKey(database::Session& session, std::string_view listener,
                                      std::string_view digest);

} // namespace outboxd::scheduler::mysql
