// The outbox tables: fenced reads, and marks that end with the fence.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/outbox_source.hpp"

namespace outboxd::scheduler::mysql {

class MysqlOutboxSource final : public OutboxSource {
public:
    explicit MysqlOutboxSource(database::Database& database) : database_(database) {}

    std::vector<LaneBounds> probe(std::span<const Lane> lanes) override;
    LaneBatch read(const LaneTerm& term, std::int64_t cursor, std::size_t limit,
                   const KnownRows& known) override;
    MarkResult mark(const LaneTerm& term, std::span<const std::int64_t> settled,
                    std::span<const HeldRecord> held) override;

private:
    database::Database& database_;
};

// How much waits, for metrics and readiness. Thread-safe.
struct Backlog {
    std::int64_t pending = 0;
    std::chrono::microseconds oldest{0}; // age of the oldest pending event
    std::int64_t failed = 0;
    std::int64_t parked = 0;
};
Backlog backlog(database::Database& database);

} // namespace outboxd::scheduler::mysql
