// The progress of listeners in the table consumer_progress.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/consumer.hpp"

namespace outboxd::scheduler::mysql {

// Thread-safe. `database` must outlive it.
class MysqlConsumerProgress final : public ConsumerProgress {
public:
    explicit MysqlConsumerProgress(database::Database& database) : database_(database) {}

    core::Timestamp relayedUpTo() override;
    void advance(std::string_view listener, std::span<const PartitionProgress> reached) override;

private:
    database::Database& database_;
};

} // namespace outboxd::scheduler::mysql
