// The relay's statements stay on their indexes, also with a long queue and a large batch.
#include "scheduler/mysql/batch_text.hpp"
#include "sql/outbox_relay.hpp"
#include "sql/shedlock.hpp"
#include "tests/support/outbox_database.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::mysql::BatchText;
namespace statements = outboxd::sql::outbox_relay;

namespace {

constexpr int kQueued = 300'000;
constexpr std::int64_t kBatch = 2'000, kKnown = 500;

struct Step {
    std::string select, table, type, key, extra;
    std::int64_t rows = 0;
};

// 300,000 queued events over 16 lanes, with few held ones.
struct LongQueue {
    LongQueue() {
        db.run(
            "INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, order_key, type, payload) "
            "SELECT UNHEX(LPAD(HEX(seq), 32, '0')), 'thing', seq, CONCAT('key-', seq MOD 5000), 'Changed', '{}' "
            "FROM seq_1_to_" +
            std::to_string(kQueued));
        db.run(
            "INSERT INTO outbox_held (id, lane, order_key, state) SELECT id, CRC32(order_key) & 15, order_key, 'PARKED' "
            "FROM outbox_event WHERE id <= 100");
        db.database.session()->textQuery("ANALYZE TABLE outbox_event, outbox_queue, outbox_held, shedlock",
                                         [](auto) {});
        term = db.hold(5);
        db.database.session()->textQuery("SELECT id FROM outbox_queue WHERE lane = 5 ORDER BY id LIMIT 2000",
                                         [&](auto row) { ids.push_back(std::stoll(std::string{row[0]})); });
    }
    std::vector<Step> explain(const std::string& text) {
        std::vector<Step> steps;
        db.database.session()->textQuery("EXPLAIN " + text, [&](auto row) {
            const auto cell = [&](std::size_t i) { return std::string{row[i]}; };
            steps.push_back(
                {cell(1), cell(2), cell(3), cell(5), cell(9), row[8].empty() ? 0 : std::stoll(cell(8))});
            BOOST_TEST_MESSAGE(steps.back().table << " " << steps.back().type << " " << steps.back().key
                                                  << " " << steps.back().rows << " " << steps.back().extra);
        });
        return steps;
    }
    // Rows that the storage engine was asked for while `work` ran on this session.
    template <class Work> std::int64_t touched(database::Session& session, Work&& work) {
        const auto count = [&] {
            std::int64_t sum = 0;
            session.textQuery("SHOW SESSION STATUS LIKE 'Handler_read%'",
                              [&](auto row) { sum += std::stoll(std::string{row[1]}); });
            return sum;
        };
        const auto before = count();
        work();
        return count() - before;
    }

    OutboxDatabase db;
    scheduler::LaneTerm term;
    std::vector<std::int64_t> ids;
};

void expectIndexed(const std::vector<Step>& steps) {
    for (const auto& step : steps) {
        if (step.extra.find("Table function") != std::string::npos)
            continue; // a list in the statement itself
        BOOST_TEST(step.extra.find("filesort") == std::string::npos);
        BOOST_TEST(step.extra.find("temporary") == std::string::npos);
        BOOST_TEST(!step.key.empty(), "table " << step.table << " is read without an index");
        BOOST_TEST(step.type != "ALL");
        BOOST_TEST(step.type != "index");
        if (!step.table.starts_with("h")) BOOST_TEST(step.key == "PRIMARY");
    }
}

LongQueue& queue() {
    static LongQueue queue; // filled once for all cases of this file
    return queue;
}

BatchText batch(database::Session& session, const database::Statement& statement) {
    return {session, statement};
}

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_plans)

BOOST_AUTO_TEST_CASE(the_probe_is_a_loose_index_scan) {
    const auto steps = queue().explain(std::string{statements::probe_long.text});
    BOOST_REQUIRE(steps.size() == 1u);
    BOOST_TEST(steps[0].extra.find("Using index for group-by") != std::string::npos);
    const auto session = queue().db.connect();
    BOOST_TEST(queue().touched(*session, [&] {
        session->textQuery(std::string{statements::probe_long.text}, [](auto) {});
    }) < 200);
}

BOOST_AUTO_TEST_CASE(a_read_goes_by_primary_keys_and_is_not_buffered) {
    const auto session = queue().db.connect();
    const auto cursor = queue().ids.at(kKnown - 1);
    for (const bool counted : {true, false}) {
        auto text = batch(*session, counted ? statements::read_counted : statements::read_listed);
        text.text("outbox-lane-05").text("me").number(5).number(cursor);
        if (!counted) text.number(kKnown);
        const auto sql =
            text.number(5).text("outbox-lane-05").text("me").number(5).number(cursor).number(kBatch).sql();
        BOOST_TEST_CONTEXT((counted ? "counted" : "listed")) {
            expectIndexed(queue().explain(sql));
            std::uint64_t rows = 0;
            BOOST_TEST(queue().touched(*session, [&] { rows = session->textQuery(sql, [](auto) {}); }) <
                       4 * kBatch + 2 * kKnown);
            BOOST_TEST(rows == static_cast<std::uint64_t>(kBatch + (counted ? 1 : kKnown)));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_the_count_is_read_by_primary_key) {
    const auto session = queue().db.connect();
    const auto text = batch(*session, statements::read_known)
                          .text("outbox-lane-05")
                          .text("me")
                          .number(5)
                          .number(queue().ids.back())
                          .number(kBatch)
                          .sql();
    expectIndexed(queue().explain(text));
    BOOST_TEST(queue().touched(*session, [&] { session->textQuery(text, [](auto) {}); }) < 2 * kBatch);
}

BOOST_AUTO_TEST_CASE(poll_b_reads_late_rows_by_primary_keys) {
    // 500 is the longest list that is asked for: above 1,000 MariaDB makes a derived table of it, and sorts.
    for (const std::size_t many : {std::size_t{1}, std::size_t{500}}) {
        const auto session = queue().db.connect();
        const std::vector<std::int64_t> late(queue().ids.begin(),
                                             queue().ids.begin() + static_cast<std::ptrdiff_t>(many));
        const auto text = batch(*session, statements::read_late).number(5).numbers(late).sql();
        BOOST_TEST_CONTEXT(many << " rows") {
            expectIndexed(queue().explain(text));
            BOOST_TEST(queue().touched(*session, [&] { session->textQuery(text, [](auto) {}); }) <
                       5 * static_cast<std::int64_t>(many) + 20);
        }
    }
}

BOOST_AUTO_TEST_CASE(settling_a_batch_touches_its_rows_only) {
    const auto session = queue().db.connect();
    const auto expect = [&](const std::string& text, std::int64_t most) {
        expectIndexed(queue().explain(text));
        session->begin();
        std::uint64_t gone = 0;
        BOOST_TEST(queue().touched(*session, [&] { gone = session->textExecute(text); }) < most);
        session->rollback();
        BOOST_TEST(gone == static_cast<std::uint64_t>(kBatch));
    };
    const auto& ids = queue().ids;
    expect(batch(*session, statements::settle).numbers(ids).number(5).text("outbox-lane-05").text("me").sql(),
           4 * kBatch);
    const auto range = batch(*session, statements::settle_range)
                           .number(5)
                           .number(ids.front())
                           .number(ids.back())
                           .text("outbox-lane-05")
                           .text("me")
                           .sql();
    expect(range.substr(range.find("DELETE")), 2 * kBatch); // EXPLAIN does not take SET STATEMENT
}

BOOST_AUTO_TEST_CASE(the_fence_locks_the_lanes_row_alone) {
    const auto first = queue().db.connect();
    first->begin();
    first->query(outboxd::sql::shedlock::fence, {"outbox-lane-05", "me"});
    // Another lane's lease can be renewed meanwhile, without waiting.
    queue().db.hold(6, "other");
    const scheduler::Term other{"outbox-lane-06", "other"};
    BOOST_TEST(queue().db.locks.extend(std::span{&other, 1}, std::chrono::minutes{1}).front());
    first->rollback();
}

BOOST_AUTO_TEST_SUITE_END()
