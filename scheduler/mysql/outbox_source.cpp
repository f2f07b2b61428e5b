#include "scheduler/mysql/outbox_source.hpp"

#include "platform/core/text.hpp"
#include "scheduler/mysql/batch_text.hpp"
#include "sql/outbox_relay.hpp"
#include "sql/shedlock.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>

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

// Columns in the order of read_late; the first says which poll it is from.
QueuedRecord toRecord(Session::TextRow row) {
    QueuedRecord queued;
    auto& record = queued.record;
    record.id = toInteger(row[1]);
    if (row[2].data() == nullptr) { // LEFT JOIN found no event
        queued.eventMissing = true;
        return queued;
    }
    record.eventId = core::EventId::fromBinary(row[2]).value_or(core::EventId{});
    record.aggregateType = row[3];
    record.aggregateId = row[4];
    record.orderKey = row[5];
    record.type = row[6];
    if (row[7].data() != nullptr) record.payload = std::string{row[7]};
    record.headers = row[8];
    record.createdAt = database::parseDateTime(row[9]).value_or(core::Timestamp{});
    queued.keyHeld = row[10].data() != nullptr;
    queued.keyPaused = row[10] == "1";
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

// Of payloads in one batch: rows are counted before it is known how large they are. What is beyond is read again.
constexpr std::size_t kMostBytes = 8U << 20;
// So many rows are as quickly listed as their bounds are found.
constexpr std::int64_t kShortQueue = 300;
constexpr int kLooksAtLongQueue = 50;
// A range of fewer rows is not worth the round trips of a transaction.
constexpr std::size_t kSmallestRange = 200;
// After a range that held other rows too, so many marks of the lane do not try one.
constexpr int kMarksWithoutRange = 7;

std::string readText(Session& session, const LaneTerm& term, std::int64_t cursor, std::size_t limit,
                     const KnownRows& known) {
    const auto lock = laneLock(term.lane);
    BatchText text(session, known.allQueued ? sql::read_counted : sql::read_listed);
    text.text(lock).text(term.holder).number(term.lane).number(cursor);
    if (!known.allQueued) text.number(static_cast<std::int64_t>(known.ids.size() + limit + 1));
    return text.number(term.lane)
        .text(lock)
        .text(term.holder)
        .number(term.lane)
        .number(cursor)
        .number(static_cast<std::int64_t>(limit))
        .sql();
}

std::string settleText(Session& session, const LaneTerm& term, std::span<const std::int64_t> ids) {
    return BatchText(session, sql::settle)
        .numbers(ids)
        .number(term.lane)
        .text(laneLock(term.lane))
        .text(term.holder)
        .sql();
}

std::set<std::string> keysParked(std::span<const HeldRecord> held) {
    std::set<std::string> keys;
    for (const auto& row : held)
        if (row.state == HeldRecord::State::parked) keys.insert(row.orderKey);
    return keys;
}

// The fence: whether the lane is still ours.
bool valid(Session& session, const LaneTerm& term) {
    return !session.query(outboxd::sql::shedlock::fence, {laneLock(term.lane), term.holder}).empty();
}

// What is not known among the rows at or below the cursor: at most `most`, the lowest, ascending.
std::vector<std::int64_t> lateOnes(Session& session, const LaneTerm& term, std::int64_t cursor,
                                   std::span<const std::int64_t> known, std::size_t most) {
    std::vector<std::int64_t> late;
    session.textQuery(BatchText(session, sql::read_known)
                          .text(laneLock(term.lane))
                          .text(term.holder)
                          .number(term.lane)
                          .number(cursor)
                          .number(static_cast<std::int64_t>(known.size() + most))
                          .sql(),
                      [&](Session::TextRow row) {
                          const auto id = toInteger(row[0]);
                          if (late.size() < most && !std::ranges::binary_search(known, id))
                              late.push_back(id);
                      });
    return late;
}

} // namespace

std::vector<LaneBounds> MysqlOutboxSource::probe(std::span<const Lane> lanes) {
    auto session = database_.session();
    std::set<std::int64_t> blocked;
    if (onFailure_ == relay::OnFailure::block)
        session->textQuery(std::string{sql::blocked.text},
                           [&](Session::TextRow row) { blocked.insert(toInteger(row[0])); });
    auto bounds = probeShort(*session);
    if (!bounds) bounds = probeLong(*session);
    std::erase_if(*bounds,
                  [&](const LaneBounds& lane) { return std::ranges::find(lanes, lane.lane) == lanes.end(); });
    for (auto& lane : *bounds) lane.blocked = blocked.contains(lane.lane);
    return *std::move(bounds);
}

// Nothing if the queue is long, or was at one of the last looks.
std::optional<std::vector<LaneBounds>> MysqlOutboxSource::probeShort(Session& session) {
    if (--looksAtLongQueue_ >= 0) return std::nullopt;
    looksAtLongQueue_ = 0;
    std::vector<LaneBounds> bounds;
    const auto rows = session.textQuery(BatchText(session, sql::probe_short).number(kShortQueue).sql(),
                                        [&](Session::TextRow row) {
                                            const auto lane = static_cast<Lane>(toInteger(row[0]));
                                            const auto id = toInteger(row[1]);
                                            if (bounds.empty() || bounds.back().lane != lane)
                                                bounds.push_back({lane, id, id, false, 0});
                                            bounds.back().highest = id;
                                            ++*bounds.back().rows;
                                        });
    if (rows < kShortQueue) return bounds;
    looksAtLongQueue_ = kLooksAtLongQueue;
    return std::nullopt;
}

std::vector<LaneBounds> MysqlOutboxSource::probeLong(Session& session) {
    std::vector<LaneBounds> bounds;
    session.textQuery(std::string{sql::probe_long.text}, [&](Session::TextRow row) {
        bounds.push_back({static_cast<Lane>(toInteger(row[0])), toInteger(row[1]), toInteger(row[2])});
    });
    return bounds;
}

LaneBatch MysqlOutboxSource::read(const LaneTerm& term, std::int64_t cursor, std::size_t limit,
                                  const KnownRows& known) {
    auto session = database_.session();
    LaneBatch batch;
    std::vector<std::int64_t> late;
    std::size_t below = 0, bytes = 0;
    session->textQuery(readText(*session, term, cursor, limit, known), [&](Session::TextRow row) {
        if (row[0] == "1") {
            batch.more = batch.more || bytes >= kMostBytes;
            if (batch.more) return;
            bytes += row[7].size();
            batch.rows.push_back(toRecord(row));
        } else if (known.allQueued) {
            below = static_cast<std::size_t>(toInteger(row[1]));
        } else if (const auto id = toInteger(row[1]); !std::ranges::binary_search(known.ids, id)) {
            late.push_back(id);
        }
    });
    const bool counted = known.allQueued && below != known.ids.size();
    if (counted) late = lateOnes(*session, term, cursor, known.ids, limit + 1);
    batch.more = batch.more || batch.rows.size() >= limit;
    batch.cursor = batch.rows.empty() ? cursor : batch.rows.back().record.id;
    const bool anyLate = !late.empty();
    if (anyLate) addLate(*session, term, cursor, limit, std::move(late), batch);
    // More than one look ends with the fence, as transactions do: had the lease ended in between, the rows after the cursor
    // might have to wait for a late one that the lane's next owner sends, or has held.
    if ((counted || anyLate) && !valid(*session, term)) return {{}, cursor, false};
    return batch;
}

// The table gives them in the order of its key, though nothing but ORDER BY promises that.
void MysqlOutboxSource::addLate(Session& session, const LaneTerm& term, std::int64_t cursor,
                                std::size_t limit, std::vector<std::int64_t> late, LaneBatch& batch) {
    std::ranges::sort(late);
    bool more = late.size() > limit;
    if (more) late.resize(limit);
    std::size_t bytes = 0;
    std::vector<QueuedRecord> rows;
    for (std::span<const std::int64_t> rest = late; !rest.empty();) {
        const auto part = rest.first(std::min(rest.size(), kLongestList));
        rest = rest.subspan(part.size());
        session.textQuery(BatchText(session, sql::read_late).number(term.lane).numbers(part).sql(),
                          [&](Session::TextRow row) {
                              if (bytes >= kMostBytes) return;
                              bytes += row[7].size();
                              rows.push_back(toRecord(row));
                          });
        if (bytes >= kMostBytes) break;
    }
    more = more || rows.size() < late.size();
    if (more) { // many came back to the queue at once: what follows them must not overtake them
        batch.rows.clear();
        batch.cursor = cursor;
        batch.more = true;
    }
    std::ranges::sort(rows, {}, [](const QueuedRecord& row) { return row.record.id; });
    std::ranges::move(batch.rows, std::back_inserter(rows)); // all of them lie behind the cursor
    batch.rows = std::move(rows);
}

MarkResult MysqlOutboxSource::mark(const LaneTerm& term, std::span<const std::int64_t> settled,
                                   std::span<const HeldRecord> held) {
    auto& caution = caution_.at(term.lane);
    try {
        if (!held.empty() || settled.empty()) return markHeld(term, settled, held);
        if (settled.size() >= kSmallestRange && --caution < 0) {
            const auto marked = markRange(term, settled);
            caution = marked ? 0 : kMarksWithoutRange;
            if (marked) return *marked;
        }
        return markList(term, settled);
    } catch (const core::Error&) {
        // Rows may be gone already: as many late ones in the range would make the count fit, and vanish unsent.
        caution = std::max(caution, 1);
        throw;
    }
}

// Nothing, and nothing done, if the range holds other rows too, or rows that somebody is changing.
std::optional<MarkResult> MysqlOutboxSource::markRange(const LaneTerm& term,
                                                       std::span<const std::int64_t> settled) {
    auto session = database_.session();
    session->begin();
    try {
        const auto gone = session->textExecute(BatchText(*session, sql::settle_range)
                                                   .number(term.lane)
                                                   .number(settled.front())
                                                   .number(settled.back())
                                                   .text(laneLock(term.lane))
                                                   .text(term.holder)
                                                   .sql());
        if (gone == settled.size()) {
            session->commit();
            return MarkResult::marked;
        }
    } catch (const database::LockNotAvailable&) {
    }
    session->rollback();
    return std::nullopt;
}

// One statement, one round trip, one flush.
MarkResult MysqlOutboxSource::markList(const LaneTerm& term, std::span<const std::int64_t> settled) {
    auto session = database_.session();
    const auto gone = session->textExecute(settleText(*session, term, settled));
    if (gone == settled.size()) return MarkResult::marked;
    // Rows that an earlier mark of unknown outcome took away, or the lock is not ours any more.
    return valid(*session, term) ? MarkResult::marked : MarkResult::lost;
}

MarkResult MysqlOutboxSource::markHeld(const LaneTerm& term, std::span<const std::int64_t> settled,
                                       std::span<const HeldRecord> held) {
    std::vector<std::int64_t> leaving(settled.begin(), settled.end());
    for (const auto& row : held) leaving.push_back(row.id);
    std::ranges::sort(leaving);

    return database_.transact(
        [&](Session& session) {
            if (!leaving.empty()) {
                session.textExecute(settleText(session, term, leaving));
            }
            for (const auto& row : held) {
                const auto error =
                    row.error.empty() ? std::optional<std::string>{} : core::shortened(row.error, 500);
                session.execute(sql::hold, {row.id, term.lane, row.orderKey, nameOf(row.state), error});
            }
            // What was parked behind a row that went back to the queue meanwhile would wait for ever.
            for (const auto& key : keysParked(held)) {
                if (session.query(sql::has_head, {term.lane, key}).empty())
                    session.execute(sql::return_headless, {term.lane, key, term.lane, key});
            }
            return valid(session, term) ? MarkResult::marked : MarkResult::lost;
        },
        [](MarkResult result) {
            return result == MarkResult::marked ? database::Ending::commit : database::Ending::rollback;
        });
}

Backlog backlog(database::Database& database) {
    auto session = database.session();
    Backlog backlog;
    for (const auto& row : session->query(sql::pending)) {
        auto& lane = backlog.lanes.at(static_cast<std::size_t>(row.integer(0)));
        lane = {row.integer(1), std::chrono::microseconds{row.integer(2)}};
        backlog.pending += lane.pending;
        backlog.oldest = std::max(backlog.oldest, lane.oldest);
    }
    const auto held = session->query(sql::held);
    backlog.failed = held.front().integer(0);
    backlog.parked = held.front().integer(1);
    return backlog;
}

} // namespace outboxd::scheduler::mysql
