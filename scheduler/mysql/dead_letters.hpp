// Dead letters in the tables dead_letter and dead_letter_key.
//
// Every change of a key's letters is made while the key's row is locked, and locks of several keys are taken in the order of
// their digests. A listener without letters costs one look at the primary key.
//
// Two members of a group may hold a partition for a moment, the former one unaware. Both then write the same letters, which
// are one row each; a letter that was worked off meanwhile and is written again is worked off again, which has no effect,
// as for any event that comes twice.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/dead_letter_retry.hpp"

namespace outboxd::scheduler::mysql {

// Thread-safe. `database` must outlive it.
class MysqlDeadLetterBox final : public DeadLetterBox {
public:
    MysqlDeadLetterBox(database::Database& database, RetryRules rules) : database_(database), rules_(rules) {}

    std::vector<std::size_t> park(std::string_view listener, std::span<const Delivery> batch) override;
    void add(std::string_view listener, bool blocking, std::span<const DeadLetter> letters) override;

private:
    database::Database& database_;
    const RetryRules rules_;
};

} // namespace outboxd::scheduler::mysql
