#include "commerce/mysql/retention.hpp"

#include "sql/idempotency.hpp"

namespace outboxd::commerce::mysql {

std::uint64_t removeExpiredKeys(database::Database& database, std::int64_t limit) {
    return database.session()->execute(sql::idempotency::remove_expired, {limit});
}

} // namespace outboxd::commerce::mysql
