#include "scheduler/mysql/dead_letter_keys.hpp"

#include "sql/dead_letters.hpp"

namespace outboxd::scheduler::mysql {

namespace sql = outboxd::sql::dead_letters;

bool lockKey(database::Session& session, std::string_view listener, std::string_view digest) {
    return !session.query(sql::lock_key, {listener, digest}).empty();
}

std::optional<std::int64_t> settleKey(database::Session& session, std::string_view listener,
                                      std::string_view digest) {
    const auto first = session.query(sql::first_of_key, {listener, digest});
    if (first.empty()) {
        session.execute(sql::free_key, {listener, digest});
        return std::nullopt;
    }
    const auto id = first.front().integer(0);
    if (first.front().bytes(1) == "PARKED") session.execute(sql::parked_is_due, {id});
    if (first.front().bytes(1) == "HELD") return std::nullopt;
    return id;
}

} // namespace outboxd::scheduler::mysql
