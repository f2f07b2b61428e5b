#include "commerce/mysql/retention.hpp"

#include "sql/idempotency.hpp"

namespace outboxd::commerce::mysql {

std::uint64_t removeExpiredKeys(database::Session& session, std::int64_t limit) {
    return session.execute(sql::idempotency::remove_expired, {limit});
}

} // namespace outboxd::commerce::mysql
