// Reads and marks on the real outbox tables.
#include "scheduler/mysql/outbox_source.hpp"
#include "tests/support/outbox_database.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::HeldRecord;
using scheduler::KnownRows;
using scheduler::LaneBatch;
using scheduler::MarkResult;

namespace {

using Ids = std::vector<std::int64_t>;

Ids idsOf(const LaneBatch& batch) {
    Ids ids;
    for (const auto& row : batch.rows) ids.push_back(row.record.id);
    return ids;
}

HeldRecord held(std::int64_t id, HeldRecord::State state, std::string error = {}) {
    return {id, "k", state, std::move(error)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_source)

BOOST_AUTO_TEST_CASE(a_read_gives_the_events_of_a_lane_as_they_were_written) {
    OutboxDatabase db;
    const auto id = db.write("k");
    const auto term = db.hold(db.laneOf(id));
    const auto batch = db.source.read(term, 0, 10, {});
    BOOST_REQUIRE(batch.rows.size() == 1u);
    const auto& record = batch.rows[0].record;
    BOOST_TEST(record.id == id);
    BOOST_TEST(
        record.eventId.text() ==
        db.value("SELECT LOWER(CONCAT_WS('-', SUBSTR(h, 1, 8), SUBSTR(h, 9, 4), SUBSTR(h, 13, 4), "
                 "SUBSTR(h, 17, 4), SUBSTR(h, 21))) FROM (SELECT HEX(event_id) h FROM outbox_event) t"));
    BOOST_TEST(record.aggregateType == "thing");
    BOOST_TEST(record.aggregateId == "a-k");
    BOOST_TEST(record.orderKey == "k");
    BOOST_TEST(record.type == "Changed");
    BOOST_TEST(record.payload.value() == "{}");
    BOOST_TEST(record.headers.empty());
    BOOST_TEST(database::toDateTime(record.createdAt) == db.value("SELECT created_at FROM outbox_event"));
    BOOST_TEST(batch.cursor == id);
    BOOST_TEST(!batch.more);
    BOOST_TEST(!batch.rows[0].keyHeld);
    BOOST_TEST(!batch.rows[0].eventMissing);
}

BOOST_AUTO_TEST_CASE(a_former_holder_reads_nothing_and_its_mark_changes_nothing) {
    OutboxDatabase db;
    const auto first = db.write("k");
    const auto second = db.write("k");
    const auto lane = db.laneOf(first);
    const auto old = db.hold(lane, "old");
    db.expire(lane);
    BOOST_TEST(db.source.read(old, 0, 10, {}).rows.empty()); // expired, and nobody took it
    const auto now = db.hold(lane, "new");
    BOOST_TEST(db.source.read(old, 0, 10, {}).rows.empty());
    BOOST_TEST(db.source.read(old, 999, 10, {}).rows.empty()); // poll B is fenced, too
    const Ids settled{first};
    const std::vector hold{held(second, HeldRecord::State::failed, "no")};
    BOOST_TEST((db.source.mark(old, settled, hold) == MarkResult::lost));
    BOOST_TEST(db.number("SELECT COUNT(*) FROM outbox_queue") == 2);
    BOOST_TEST(db.number("SELECT COUNT(*) FROM outbox_held") == 0);
    BOOST_TEST(idsOf(db.source.read(now, 0, 10, {})) == (Ids{first, second}));
    BOOST_TEST((db.source.mark(now, settled, hold) == MarkResult::marked));
    BOOST_TEST(db.number("SELECT COUNT(*) FROM outbox_queue") == 0);
    BOOST_TEST(db.value("SELECT state FROM outbox_held") == "FAILED");
}

BOOST_AUTO_TEST_CASE(a_transaction_that_commits_below_the_cursor_is_found_by_poll_b) {
    OutboxDatabase db;
    const auto slow = db.connect();
    const auto early = db.write("k");
    const auto lane = db.laneOf(early);
    std::string neighbour; // another key of the same lane
    for (int i = 0; neighbour.empty(); ++i) {
        const auto key = "key-" + std::to_string(i);
        if (db.number("SELECT CRC32('" + key + "') & 15") == lane) neighbour = key;
    }
    slow->begin();
    const auto open = db.insert(*slow, neighbour);
    const auto later = db.write("k");
    BOOST_TEST(open < later);
    const auto term = db.hold(lane);
    const auto first = db.source.read(term, 0, 10, {});
    BOOST_TEST(idsOf(first) == (Ids{early, later}));
    slow->commit();
    const Ids known{early, later};
    const auto second = db.source.read(term, first.cursor, 10, {known});
    BOOST_TEST(idsOf(second) == Ids{open});
    BOOST_TEST(second.cursor == later); // it does not go back
    const Ids all{early, open, later};
    BOOST_TEST(db.source.read(term, second.cursor, 10, {all}).rows.empty());
}

BOOST_AUTO_TEST_CASE(a_count_that_does_not_fit_the_known_rows_finds_the_late_one) {
    OutboxDatabase db;
    const auto early = db.write("k"), late = db.write("k"), later = db.write("k"), last = db.write("k");
    const auto term = db.hold(db.laneOf(early));
    const KnownRows known{{early, later}, true};
    BOOST_TEST(idsOf(db.source.read(term, later, 10, known)) == (Ids{late, last}));
    const KnownRows all{{early, late, later}, true};
    BOOST_TEST(idsOf(db.source.read(term, later, 10, all)) == Ids{last});
    db.run("DELETE FROM outbox_queue WHERE id = " + std::to_string(late)); // by an operator
    BOOST_TEST(idsOf(db.source.read(term, later, 10, all)) == Ids{last});
    db.expire(term.lane);
    BOOST_TEST(db.source.read(term, later, 10, all).rows.empty());
}

BOOST_AUTO_TEST_CASE(a_large_mark_takes_its_rows_and_no_others) {
    OutboxDatabase db;
    db.run("INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type) "
           "SELECT UNHEX(LPAD(HEX(seq), 32, '0')), 'thing', 'k', 'Changed' FROM seq_1_to_900");
    const auto term = db.hold(db.laneOf(1));
    const auto left = [&] { return db.number("SELECT COUNT(*) FROM outbox_queue"); };
    const auto ids = idsOf(db.source.read(term, 0, 1000, {}));
    BOOST_REQUIRE(ids.size() == 900u);
    const Ids exact(ids.begin(), ids.begin() + 300);
    BOOST_TEST((db.source.mark(term, exact, {}) == MarkResult::marked));
    BOOST_TEST(left() == 600);
    // A row between the first and the last of a mark that is not part of it, as a late commit is.
    Ids gap(ids.begin() + 300, ids.begin() + 600);
    gap.erase(gap.begin() + 150);
    BOOST_TEST((db.source.mark(term, gap, {}) == MarkResult::marked));
    BOOST_TEST(left() == 301);
    BOOST_TEST(db.number("SELECT MIN(id) FROM outbox_queue") == ids[450]);
    // Rows that are gone already, as after a mark of unknown outcome.
    BOOST_TEST((db.source.mark(term, gap, {}) == MarkResult::marked));
    BOOST_TEST(left() == 301);
    const Ids rest(ids.begin() + 600, ids.end());
    db.expire(term.lane);
    BOOST_TEST((db.source.mark(term, rest, {}) == MarkResult::lost));
    BOOST_TEST(left() == 301);
}

BOOST_AUTO_TEST_CASE(a_large_mark_does_not_wait_for_a_row_that_is_being_written_between_its_own) {
    OutboxDatabase db;
    const auto insert = [](int from, int to) {
        return "INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type) "
               "SELECT UNHEX(LPAD(HEX(seq), 32, '0')), 'thing', 'k', 'Changed' FROM seq_" +
               std::to_string(from) + "_to_" + std::to_string(to);
    };
    db.run(insert(1, 200));
    const auto slow = db.connect();
    slow->begin();
    slow->textExecute(insert(201, 201));
    db.run(insert(202, 400));
    const auto term = db.hold(db.laneOf(1));
    const auto ids = idsOf(db.source.read(term, 0, 1000, {}));
    BOOST_REQUIRE(ids.size() == 399u);
    BOOST_TEST((db.source.mark(term, ids, {}) == MarkResult::marked)); // a lock wait would end in an error
    slow->commit();
    BOOST_TEST(db.number("SELECT COUNT(*) FROM outbox_queue") == 1);
}

// A mark whose answer was lost may have taken rows away: as many late ones between the others made the count of a range fit.
BOOST_AUTO_TEST_CASE(a_large_mark_after_one_of_unknown_outcome_spares_a_late_row) {
    OutboxDatabase db;
    Ids ids;
    for (int i = 0; i < 400; ++i) ids.push_back(db.write("k"));
    const auto late = ids[200];
    ids.erase(ids.begin() + 200);
    const auto term = db.hold(db.laneOf(late));
    db.run("RENAME TABLE shedlock TO gone");
    BOOST_CHECK_THROW(db.source.mark(term, std::span{ids}.first(1), {}), core::Error);
    db.run("RENAME TABLE gone TO shedlock");
    db.run("DELETE FROM outbox_queue WHERE id = " + std::to_string(ids.front())); // it was done, after all
    BOOST_TEST((db.source.mark(term, ids, {}) == MarkResult::marked));
    BOOST_TEST(db.value("SELECT GROUP_CONCAT(id) FROM outbox_queue") == std::to_string(late));
}

BOOST_AUTO_TEST_CASE(a_probe_tells_of_blocked_lanes_where_that_matters) {
    OutboxDatabase db;
    const auto failed = db.write("k"), next = db.write("k");
    const auto term = db.hold(db.laneOf(failed));
    const std::vector lanes{term.lane};
    scheduler::mysql::MysqlOutboxSource blocking(db.database, scheduler::relay::OnFailure::block);
    BOOST_TEST(!blocking.probe(lanes).at(0).blocked);
    const std::vector hold{held(failed, HeldRecord::State::failed)};
    BOOST_TEST((db.source.mark(term, {}, hold) == MarkResult::marked));
    BOOST_TEST(blocking.probe(lanes).at(0).blocked);
    BOOST_TEST(!db.source.probe(lanes).at(0).blocked);
    BOOST_TEST(blocking.probe(lanes).at(0).lowest == next);
}

BOOST_AUTO_TEST_CASE(a_queue_row_without_its_event_is_said_to_be_missing) {
    OutboxDatabase db;
    const auto orphan = db.write("k");
    const auto next = db.write("k");
    db.run("DELETE FROM outbox_event WHERE id = " + std::to_string(orphan));
    const auto term = db.hold(db.laneOf(next));
    auto batch = db.source.read(term, 0, 10, {});
    BOOST_REQUIRE(batch.rows.size() == 2u);
    BOOST_TEST(batch.rows[0].eventMissing);
    BOOST_TEST(!batch.rows[1].eventMissing);
    batch = db.source.read(term, next, 10, {}); // by poll B
    BOOST_REQUIRE(batch.rows.size() == 2u);
    BOOST_TEST(batch.rows[0].eventMissing);
    db.run("DELETE FROM outbox_event WHERE id = " + std::to_string(next)); // also if nothing follows it
    BOOST_TEST(db.source.read(term, 0, 10, {}).rows.size() == 2u);
}

BOOST_AUTO_TEST_CASE(payloads_keep_every_byte_and_a_tombstone_stays_one) {
    OutboxDatabase db;
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    bytes += "\\'\"\xF0\x9F\x9A\x80";
    const auto binary = db.write("k", bytes);
    const auto empty = db.write("k", "");
    const auto tombstone = db.write("k");
    db.run("UPDATE outbox_event SET payload = NULL WHERE id = " + std::to_string(tombstone));
    const auto term = db.hold(db.laneOf(binary));
    for (const std::int64_t cursor : {std::int64_t{0}, tombstone}) { // by poll A and by poll B
        const auto batch = db.source.read(term, cursor, 10, {});
        BOOST_REQUIRE(idsOf(batch) == (Ids{binary, empty, tombstone}));
        BOOST_TEST(batch.rows[0].record.payload.value() == bytes);
        BOOST_TEST(batch.rows[1].record.payload.value().empty());
        BOOST_TEST(!batch.rows[2].record.payload.has_value());
    }
}

BOOST_AUTO_TEST_CASE(keys_of_four_byte_characters_and_quotes_survive_reading_and_holding) {
    OutboxDatabase db;
    const std::string key = "\xF0\x9F\x9B\x92 O'Brien \\ \xED\x95\x9C";
    const auto id = db.write(key);
    const auto term = db.hold(db.laneOf(id));
    BOOST_TEST(db.source.read(term, 0, 10, {}).rows.at(0).record.orderKey == key);
    const std::vector hold{HeldRecord{id, key, HeldRecord::State::failed, "it's too large"}};
    BOOST_TEST((db.source.mark(term, {}, hold) == MarkResult::marked));
    const auto next = db.write(key);
    const auto batch = db.source.read(term, 0, 10, {});
    BOOST_TEST(idsOf(batch) == Ids{next});
    BOOST_TEST(batch.rows.at(0).keyHeld);
    BOOST_TEST(db.value("SELECT error FROM outbox_held") == "it's too large");
}

BOOST_AUTO_TEST_CASE(a_key_is_held_for_what_comes_after_the_held_row_only) {
    OutboxDatabase db;
    const auto before = db.write("k");
    const auto failed = db.write("k");
    const auto after = db.write("k");
    const auto term = db.hold(db.laneOf(before));
    const std::vector hold{held(failed, HeldRecord::State::failed)};
    BOOST_TEST((db.source.mark(term, {}, hold) == MarkResult::marked));
    for (const std::int64_t cursor : {std::int64_t{0}, after}) {
        const auto batch = db.source.read(term, cursor, 10, {});
        BOOST_REQUIRE(idsOf(batch) == (Ids{before, after}));
        BOOST_TEST(!batch.rows[0].keyHeld);
        BOOST_TEST(batch.rows[1].keyHeld);
    }
}

BOOST_AUTO_TEST_CASE(a_foreign_writers_event_gets_key_lane_and_time_from_the_table) {
    OutboxDatabase db;
    db.run("INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type) VALUES "
           "('0123456789abcdef', 'parcel', 'p-77', 'Shipped')");
    const auto lane = static_cast<scheduler::Lane>(db.number("SELECT CRC32('p-77') & 15"));
    const auto batch = db.source.read(db.hold(lane), 0, 10, {});
    BOOST_REQUIRE(batch.rows.size() == 1u);
    BOOST_TEST(batch.rows[0].record.orderKey == "p-77");
    BOOST_TEST(!batch.rows[0].record.payload.has_value());
}

BOOST_AUTO_TEST_CASE(a_repeated_mark_is_harmless) {
    OutboxDatabase db;
    const auto sent = db.write("k");
    const auto failed = db.write("k");
    const auto parked = db.write("k");
    const auto term = db.hold(db.laneOf(sent));
    const Ids settled{sent};
    const std::vector hold{held(failed, HeldRecord::State::failed, "too large"),
                           held(parked, HeldRecord::State::parked)};
    for (int i = 0; i < 2; ++i) BOOST_TEST((db.source.mark(term, settled, hold) == MarkResult::marked));
    BOOST_TEST(db.number("SELECT COUNT(*) FROM outbox_queue") == 0);
    BOOST_TEST(db.number("SELECT COUNT(*) FROM outbox_held") == 2);
    BOOST_TEST(db.value("SELECT status FROM outbox_status WHERE id = " + std::to_string(sent)) == "SENT");
    BOOST_TEST(db.value("SELECT status FROM outbox_status WHERE id = " + std::to_string(failed)) == "FAILED");
    BOOST_TEST(db.value("SELECT status FROM outbox_status WHERE id = " + std::to_string(parked)) == "PARKED");
    BOOST_TEST(db.value("SELECT error IS NULL FROM outbox_held WHERE state = 'PARKED'") == "1");
}

BOOST_AUTO_TEST_CASE(an_error_of_any_length_is_kept_as_far_as_the_column_goes) {
    OutboxDatabase db;
    const auto id = db.write("k");
    std::string error = "x";
    for (int i = 0; i < 400; ++i)
        error += "\xED\x95\x9C"; // 1,201 bytes: no cut at 500 bytes falls between characters
    const std::vector hold{held(id, HeldRecord::State::failed, error)};
    BOOST_TEST((db.source.mark(db.hold(db.laneOf(id)), {}, hold) == MarkResult::marked));
    const auto kept = db.value("SELECT error FROM outbox_held");
    BOOST_TEST(kept.size() > 490u);
    BOOST_TEST(error.starts_with(kept));
    BOOST_TEST((kept.size() - 1) % 3 == 0u);
}

BOOST_AUTO_TEST_CASE(a_read_is_limited_and_says_that_there_is_more) {
    OutboxDatabase db;
    Ids ids;
    for (int i = 0; i < 5; ++i) ids.push_back(db.write("k"));
    const auto term = db.hold(db.laneOf(ids[0]));
    auto batch = db.source.read(term, 0, 2, {});
    BOOST_TEST(idsOf(batch) == (Ids{ids[0], ids[1]}));
    BOOST_TEST(batch.more);
    batch = db.source.read(term, batch.cursor, 2, {idsOf(batch)});
    BOOST_TEST(idsOf(batch) == (Ids{ids[2], ids[3]}));
    const Ids known{ids[0], ids[1], ids[2], ids[3]};
    batch = db.source.read(term, batch.cursor, 2, {known});
    BOOST_TEST(idsOf(batch) == Ids{ids[4]});
    BOOST_TEST(!batch.more);
}

BOOST_AUTO_TEST_CASE(many_rows_that_come_back_are_read_in_parts_and_nothing_overtakes_them) {
    OutboxDatabase db;
    Ids ids;
    for (int i = 0; i < 8; ++i) ids.push_back(db.write("k"));
    const auto term = db.hold(db.laneOf(ids[0]));
    const auto cursor = ids[5]; // 0 to 5 came back, 6 and 7 are new
    auto batch = db.source.read(term, cursor, 4, {});
    BOOST_TEST(idsOf(batch) == (Ids{ids[0], ids[1], ids[2], ids[3]}));
    BOOST_TEST(batch.cursor == cursor);
    BOOST_TEST(batch.more);
    const auto known = idsOf(batch);
    batch = db.source.read(term, cursor, 4, {known});
    BOOST_TEST(idsOf(batch) == (Ids{ids[4], ids[5], ids[6], ids[7]}));
}

BOOST_AUTO_TEST_CASE(thousands_of_late_rows_are_read) {
    OutboxDatabase db;
    db.run("INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type) "
           "SELECT UNHEX(LPAD(HEX(seq), 32, '0')), 'thing', 'k', 'Changed' FROM seq_1_to_1700");
    const auto term = db.hold(db.laneOf(1));
    const auto sorted = [&] { // rows, by this session: there is one thread, so there is one session
        std::int64_t rows = 0;
        db.database.session()->textQuery("SHOW SESSION STATUS LIKE 'Sort_rows'",
                                         [&](auto row) { rows = std::stoll(std::string{row[1]}); });
        return rows;
    };
    const auto before = sorted();
    const auto batch = db.source.read(term, 1'000'000, 2000, {});
    BOOST_TEST(sorted() == before); // all by index
    const auto ids = idsOf(batch);
    BOOST_TEST(ids.size() == 1700u);
    BOOST_TEST(std::ranges::is_sorted(ids));
}

BOOST_AUTO_TEST_CASE(a_probe_gives_the_bounds_of_the_lanes_asked_for) {
    OutboxDatabase db;
    const auto first = db.write("k");
    const auto last = db.write("k");
    const auto lane = db.laneOf(first);
    const std::vector<scheduler::Lane> asked{lane};
    const std::vector<scheduler::Lane> another{static_cast<scheduler::Lane>((lane + 1) % 16)};
    const auto bounds = db.source.probe(asked);
    BOOST_REQUIRE(bounds.size() == 1u);
    BOOST_TEST(bounds[0].lowest == first);
    BOOST_TEST(bounds[0].highest == last);
    BOOST_TEST(db.source.probe(another).empty());
}

BOOST_AUTO_TEST_CASE(the_backlog_counts_what_waits) {
    OutboxDatabase db;
    const auto none = scheduler::mysql::backlog(db.database);
    BOOST_TEST(none.pending == 0);
    BOOST_TEST(none.oldest.count() == 0);
    BOOST_TEST(none.failed + none.parked == 0);
    const auto first = db.write("k");
    const auto failed = db.write("k"), parked = db.write("k"), also = db.write("k");
    db.run("UPDATE outbox_event SET created_at = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR WHERE id = " +
           std::to_string(first));
    const std::vector hold{held(failed, HeldRecord::State::failed), held(parked, HeldRecord::State::parked),
                           held(also, HeldRecord::State::parked)};
    BOOST_TEST((db.source.mark(db.hold(db.laneOf(first)), {}, hold) == MarkResult::marked));
    const auto backlog = scheduler::mysql::backlog(db.database);
    BOOST_TEST(backlog.pending == 1);
    BOOST_TEST((backlog.oldest >= std::chrono::hours{1}));
    BOOST_TEST((backlog.oldest < std::chrono::hours{2}));
    BOOST_TEST(backlog.failed == 1);
    BOOST_TEST(backlog.parked == 2);
}

BOOST_AUTO_TEST_SUITE_END()
