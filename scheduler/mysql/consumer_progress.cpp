#include "scheduler/mysql/consumer_progress.hpp"

#include "sql/consumers.hpp"

namespace outboxd::scheduler::mysql {

core::Timestamp MysqlConsumerProgress::relayedUpTo() {
    return database_.session()->query(sql::consumers::relayed_up_to).front().time(0);
}

// Names of topics hold nothing that JSON would have to escape.
void MysqlConsumerProgress::advance(std::string_view listener, std::span<const PartitionProgress> reached) {
    std::string rows;
    for (const auto& partition : reached) {
        rows += (rows.empty() ? "[\"" : ",[\"") + partition.topic + "\"," +
                std::to_string(partition.partition) + ",\"" + database::toDateTime(partition.upTo) + "\"]";
    }
    database_.session()->execute(sql::consumers::advance, {listener, "[" + rows + "]"});
}

} // namespace outboxd::scheduler::mysql
