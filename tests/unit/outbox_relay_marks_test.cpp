// Marks and reads of one lane, which two threads do side by side. The simulation proves that the rules hold together.
#include "tests/unit/relay_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using Outcome = scheduler::DeliveryReport::Outcome;
namespace relay = scheduler::relay;

BOOST_AUTO_TEST_SUITE(outbox_relay_marks)

// Reads may begin beside marks.
BOOST_AUTO_TEST_CASE(a_read_that_is_older_than_the_mark_of_a_held_row_does_not_overtake_it) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {1});
    relay.refused(relay.produced.at(0), 0);
    relay.tickAfter(100ms);
    relay.tell(relay::Probed{{{3, 1, 2}}});
    BOOST_REQUIRE(relay.marks.size() == 1u);
    BOOST_REQUIRE(relay.reads.size() == 2u);
    relay.marked(relay.marks.at(0));
    relay.answerRead(relay.reads.at(1), {2}); // it did not see the key held
    BOOST_TEST(relay.produced.size() == 1u);
    BOOST_TEST(relay.rules.figures().parked == 1u);
}

// Two threads ask the database: were a mark to take two rows away under a read that counts three known ones, two late rows
// would go unseen, and their successors overtake them.
BOOST_AUTO_TEST_CASE(no_mark_begins_under_a_read_that_counts_the_known_rows) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {1, 5});
    relay.accepted(relay.produced.at(0));
    relay.delivered(relay.produced.at(0));
    relay.tell(relay::Probed{{{3, 1, 9}}});
    BOOST_REQUIRE(relay.reads.size() == 2u);
    BOOST_REQUIRE(relay.reads.at(1).known.allQueued);
    relay.tickAfter(1s);
    BOOST_TEST(relay.marks.empty());
    relay.answerRead(relay.reads.at(1), {9});
    BOOST_TEST(relay.marks.size() == 1u); // at once: it is overdue
}

// A row that was read again before the mark and given back after it would count as queued, and hide a late one.
BOOST_AUTO_TEST_CASE(what_a_mark_took_away_under_a_read_is_not_taken_in_again) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {5, 20});
    relay.accepted(relay.produced.at(0));
    relay.delivered(relay.produced.at(0));
    relay.tell(relay::Probed{{{3, 5, 30}}});
    relay.answerRead(relay.reads.back(), {7}); // a late one, for which there is no room: the cursor goes back
    const auto& late = relay.produced.back();
    relay.tell(relay::Produced{
        late.mode, late.lane, late.epoch, late.records, {scheduler::ProduceResult::Kind::full, {}}});
    relay.tickAfter(100ms);
    BOOST_REQUIRE(relay.marks.size() == 1u);
    BOOST_REQUIRE(relay.reads.back().cursor == 6);
    BOOST_REQUIRE(!relay.reads.back().known.allQueued); // begun beside the mark
    relay.marked(relay.marks.at(0));
    const auto sent = relay.produced.size();
    relay.answerRead(relay.reads.back(), {7, 20});
    BOOST_REQUIRE(relay.produced.size() == sent + 1);
    BOOST_REQUIRE(relay.produced.back().records.size() == 1u);
    BOOST_TEST(relay.produced.back().records.at(0).record.id == 7);
    BOOST_TEST(relay.rules.figures().inFlightRows == 1u);
    relay.accepted(relay.produced.back());
    relay.tickAfter(50ms);
    relay.tell(relay::Probed{{{3, 7, 40}}});
    BOOST_TEST(relay.reads.back().known.ids == Ids{7});
    // Once that read has ended the row is nothing special: it may come back by an operator's order.
    relay.answerRead(relay.reads.back(), {20});
    BOOST_TEST(relay.rules.figures().inFlightRows == 2u);
}

// Its statement may reach the database late: each of its rows has to be out of the queue before that is taken for known.
BOOST_AUTO_TEST_CASE(after_a_mark_of_unknown_outcome_the_next_one_takes_all_of_its_rows) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {1, 2, 3, 4, 5});
    relay.accepted(relay.produced.at(0));
    const auto& records = relay.produced.at(0).records;
    for (const auto row : {1U, 3U, 4U}) relay.report(records.at(row).token, Outcome::delivered);
    relay.tickAfter(100ms);
    BOOST_REQUIRE(relay.marks.size() == 1u);
    BOOST_TEST(relay.marks.at(0).settled == (Ids{2, 4, 5})); // the first row is open still
    relay.tell(relay::MarkFailed{3, relay.marks.at(0).epoch});
    relay.report(records.at(0).token, Outcome::delivered);
    relay.tickAfter(200ms);
    BOOST_REQUIRE(relay.marks.size() == 2u);
    BOOST_TEST(relay.marks.at(1).settled == (Ids{1, 2, 4, 5})); // not 1 and 2 alone, which have no gap
}

BOOST_AUTO_TEST_CASE(a_key_held_beside_the_mark_of_another_is_remembered_until_its_own) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {1}, false, 2, "one");
    relay.refused(relay.produced.at(0), 0);
    relay.tickAfter(100ms);
    BOOST_REQUIRE(relay.marks.size() == 1u);
    relay.tell(relay::Probed{{{3, 1, 2}}});
    relay.answerRead(relay.reads.back(), {2}, false, 2, "two");
    relay.refused(relay.produced.back(), 0);
    relay.marked(relay.marks.at(0)); // row 2 is not in it
    relay.tickAfter(1ms);
    relay.tell(relay::Probed{{{3, 2, 3}}});
    relay.tickAfter(50ms);
    relay.tell(relay::Probed{{{3, 2, 3}}});
    const auto sent = relay.produced.size();
    relay.answerRead(relay.reads.back(), {3}, false, 2, "two");
    BOOST_TEST(relay.produced.size() == sent);
    BOOST_TEST(relay.rules.figures().parked == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
