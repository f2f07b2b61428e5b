// The outbox tables: fenced reads, and marks that end with the fence.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/outbox_source.hpp"
#include "scheduler/relay_settings.hpp"

#include <array>

namespace outboxd::scheduler::mysql {

// Marks may run on one thread while another probes and reads.
class MysqlOutboxSource final : public OutboxSource {
public:
    // With `block` a probe also tells which lanes have a FAILED row.
    explicit MysqlOutboxSource(database::Database& database,
                               relay::OnFailure onFailure = relay::OnFailure::park)
        : database_(database), onFailure_(onFailure) {}

    std::vector<LaneBounds> probe(std::span<const Lane> lanes) override;
    LaneBatch read(const LaneTerm& term, std::int64_t cursor, std::size_t limit,
                   const KnownRows& known) override;
    MarkResult mark(const LaneTerm& term, std::span<const std::int64_t> settled,
                    std::span<const HeldRecord> held) override;

private:
    std::optional<std::vector<LaneBounds>> probeShort(database::Session& session);
    std::vector<LaneBounds> probeLong(database::Session& session);
    void addLate(database::Session& session, const LaneTerm& term, std::int64_t cursor, std::size_t limit,
                 std::vector<std::int64_t> late, LaneBatch& batch);
    MarkResult markList(const LaneTerm& term, std::span<const std::int64_t> settled);
    std::optional<MarkResult> markRange(const LaneTerm& term, std::span<const std::int64_t> settled);
    MarkResult markHeld(const LaneTerm& term, std::span<const std::int64_t> settled,
                        std::span<const HeldRecord> held);

    database::Database& database_;
    const relay::OnFailure onFailure_;
    int looksAtLongQueue_ = 0;          // of the probe under way
    std::array<int, kLanes> caution_{}; // marks that shall not try a range; the marking thread only
};

// How much waits, for metrics and readiness. Thread-safe.
struct Backlog {
    std::int64_t pending = 0;
    std::chrono::microseconds oldest{0}; // age of the oldest pending event
    std::int64_t failed = 0;
    std::int64_t parked = 0;
    struct OfLane {
        std::int64_t pending = 0;
        std::chrono::microseconds oldest{0};
    };
    std::array<OfLane, kLanes> lanes{};
};
Backlog backlog(database::Database& database);

} // namespace outboxd::scheduler::mysql
