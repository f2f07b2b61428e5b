#include "scheduler/mysql/outbox_source.hpp"

#include "platform/core/text.hpp"
#include "scheduler/mysql/batch_text.hpp"
#include "sql/outbox_relay.hpp"
#include "sql/shedlock.hpp"

#include <algorithm>
#include <charconv>

namespace outboxd::scheduler::mysql {
namespace {

namespace sql = outboxd::sql::outbox_relay;
using database::Session;

std::int64_t toInteger(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw core::Error(core::ErrorKind::internal,
                          "the outbox gave '" + std::string{text} + "' for a number");
    }
    return value;
}

// Columns in the order of read_after and read_late.
QueuedRecord toRecord(Session::TextRow row) {
    QueuedRecord queued;
    auto& record = queued.record;
    record.id = toInteger(row[0]);
    if (row[1].data() == nullptr) { // LEFT JOIN found no event
        queued.eventMissing = true;
        return queued;
    }
    record.eventId = core::EventId::fromBinary(row[1]).value_or(core::EventId{});
    record.aggregateType = row[2];
    record.aggregateId = row[3];
    record.orderKey = row[4];
    record.type = row[5];
    if (row[6].data() != nullptr) record.payload = std::string{row[6]};
    record.headers = row[7];
    record.createdAt = database::parseDateTime(row[8]).value_or(core::Timestamp{});
    queued.keyHeld = row[9].data() != nullptr;
    queued.keyPaused = row[9] == "1";
    return queued;
}

const char* nameOf(HeldRecord::State state) {
    switch (state) {
    case HeldRecord::State::failed: return "FAILED";
    case HeldRecord::State::parked: return "PARKED";
    case HeldRecord::State::paused: break;
    }
    return "PAUSED";
}

// MariaDB turns IN lists of more than in_predicate_conversion_threshold (1,000) values into a derived table, and then
// sorts: longer ones are asked for in parts.
constexpr std::size_t kLongestList = 500;

// At most `most` of them, the lowest, ascending.
std::vector<std::int64_t> lateOnes(Session& session, const LaneTerm& term, std::int64_t cursor,
                                   std::span<const std::int64_t> known,
                                   const std::vector<QueuedRecord>& justRead, std::size_t most) {
    std::vector<std::int64_t> late;
    const auto enough = static_cast<std::int64_t>(known.size() + justRead.size() + most);
    const auto byId = [](const QueuedRecord& row, std::int64_t id) { return row.record.id < id; };
    session.textQuery(BatchText(session, sql::read_known)
                          .text(laneLock(term.lane))
                          .text(term.holder)
                          .number(term.lane)
                          .number(cursor)
                          .number(enough)
                          .sql(),
                      [&](Session::TextRow row) {
                          const auto id = toInteger(row[0]);
                          if (late.size() == most || std::ranges::binary_search(known, id)) return;
                          const auto found = std::lower_bound(justRead.begin(), justRead.end(), id, byId);
                          if (found != justRead.end() && found->record.id == id) return;
                          late.push_back(id);
                      });
    return late;
}

} // namespace

std::vector<LaneBounds> MysqlOutboxSource::probe(std::span<const Lane> lanes) {
    std::vector<LaneBounds> bounds;
    auto session = database_.session();
    session->textQuery(std::string{sql::probe.text}, [&](Session::TextRow row) {
        const auto lane = static_cast<Lane>(toInteger(row[0]));
        if (std::ranges::find(lanes, lane) == lanes.end()) return;
        bounds.push_back({lane, toInteger(row[1]), toInteger(row[2])});
    });
    return bounds;
}

LaneBatch MysqlOutboxSource::read(const LaneTerm& term, std::int64_t cursor, std::size_t limit,
                                  const KnownRows& known) {
    auto session = database_.session();
    LaneBatch batch;
    session->textQuery(BatchText(*session, sql::read_after)
                           .text(laneLock(term.lane))
                           .text(term.holder)
                           .number(term.lane)
                           .number(cursor)
                           .number(static_cast<std::int64_t>(limit))
                           .sql(),
                       [&](Session::TextRow row) { batch.rows.push_back(toRecord(row)); });
    batch.more = batch.rows.size() >= limit;
    batch.cursor = batch.rows.empty() ? cursor : batch.rows.back().record.id;

    auto late = lateOnes(*session, term, batch.cursor, known.ids, batch.rows, limit + 1);
    if (late.empty()) return batch;
    if (late.size() >
        limit) { // many came back to the queue at once: what follows them must not overtake them
        late.resize(limit);
        std::erase_if(batch.rows, [&](const QueuedRecord& row) { return row.record.id > late.back(); });
        batch.cursor = std::max(cursor, late.back());
        batch.more = true;
    }
    for (std::span<const std::int64_t> rest = late; !rest.empty();) {
        const auto part = rest.first(std::min(rest.size(), kLongestList));
        rest = rest.subspan(part.size());
        session->textQuery(BatchText(*session, sql::read_late).number(term.lane).numbers(part).sql(),
                           [&](Session::TextRow row) { batch.rows.push_back(toRecord(row)); });
    }
    std::ranges::sort(batch.rows, {}, [](const QueuedRecord& row) { return row.record.id; });
    return batch;
}

MarkResult MysqlOutboxSource::mark(const LaneTerm& term, std::span<const std::int64_t> settled,
                                   std::span<const HeldRecord> held) {
    std::vector<std::int64_t> leaving(settled.begin(), settled.end());
    for (const auto& row : held) leaving.push_back(row.id);
    std::ranges::sort(leaving);

    return database_.transact(
        [&](Session& session) {
            if (!leaving.empty()) {
                session.textExecute(BatchText(session, sql::settle).number(term.lane).numbers(leaving).sql());
            }
            for (const auto& row : held) {
                const auto error =
                    row.error.empty() ? std::optional<std::string>{} : core::shortened(row.error, 500);
                session.execute(sql::hold, {row.id, term.lane, row.orderKey, nameOf(row.state), error});
            }
            const auto valid =
                session.query(outboxd::sql::shedlock::fence, {laneLock(term.lane), term.holder});
            return valid.empty() ? MarkResult::lost : MarkResult::marked;
        },
        [](MarkResult result) {
            return result == MarkResult::marked ? database::Ending::commit : database::Ending::rollback;
        });
}

Backlog backlog(database::Database& database) {
    auto session = database.session();
    const auto pending = session->query(sql::pending);
    const auto held = session->query(sql::held);
    return {pending.front().integer(0), std::chrono::microseconds{pending.front().integer(1)},
            held.front().integer(0), held.front().integer(1)};
}

} // namespace outboxd::scheduler::mysql
