// Reads are bounded in bytes, too: a batch of a thousand events of one mebibyte would take a node's memory.
#include "scheduler/mysql/outbox_source.hpp"
#include "tests/support/outbox_database.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::LaneBatch;

namespace {

constexpr std::size_t kMebibyte = 1U << 20;
constexpr int kRows = 20;

struct LargeRows : OutboxDatabase {
    LargeRows() {
        for (int i = 0; i < kRows; ++i) ids.push_back(write("k", std::string(kMebibyte, 'x')));
        last = write("k");
        term = hold(laneOf(last));
    }
    static std::size_t bytesOf(const LaneBatch& batch) {
        std::size_t bytes = 0;
        for (const auto& row : batch.rows) bytes += row.record.payload->size();
        return bytes;
    }
    std::vector<std::int64_t> ids;
    std::int64_t last = 0;
    scheduler::LaneTerm term;
};

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_large_rows)

BOOST_AUTO_TEST_CASE(a_batch_of_large_rows_is_cut_and_the_rest_is_read_next) {
    LargeRows db;
    std::vector<std::int64_t> found;
    std::int64_t cursor = 0;
    for (bool more = true; more;) {
        const auto batch = db.source.read(db.term, cursor, 1000, {found, false});
        BOOST_TEST(db.bytesOf(batch) <= 9 * kMebibyte);
        BOOST_REQUIRE(!batch.rows.empty());
        for (const auto& row : batch.rows) found.push_back(row.record.id);
        BOOST_TEST(batch.cursor == found.back());
        cursor = batch.cursor;
        more = batch.more;
    }
    db.ids.push_back(db.last);
    BOOST_TEST(found == db.ids, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_overtakes_late_rows_that_were_cut) {
    LargeRows db;
    const auto batch = db.source.read(db.term, db.ids.back(), 1000, {});
    BOOST_TEST(db.bytesOf(batch) <= 9 * kMebibyte);
    BOOST_TEST(batch.rows.front().record.id == db.ids.front());
    BOOST_TEST(batch.rows.back().record.id < db.last);
    BOOST_TEST(batch.cursor == db.ids.back());
    BOOST_TEST(batch.more);
}

BOOST_AUTO_TEST_SUITE_END()
