// The order of records in hand, what is dropped as a repetition, and what may be committed.
#include "tests/unit/hand_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;

BOOST_FIXTURE_TEST_SUITE(consumer_order, HandScene)

BOOST_AUTO_TEST_CASE(records_of_a_key_follow_their_sequence_within_a_batch_and_others_keep_their_places) {
    class Recorder final : public scheduler::Listener {
    public:
        std::string_view name() const override { return "recorder"; }
        std::vector<scheduler::Verdict> handle(std::span<const scheduler::Delivery> batch) override {
            for (const auto& one : batch) seen.push_back(one.key + std::to_string(one.sequence.value_or(0)));
            return std::vector<scheduler::Verdict>(batch.size());
        }
        Keys seen;
    } recorder;
    made.emplace(recorder, box, clock, logger, settings, scheduler::ConsumerHand::Calls{});
    takeRecords({record("k", 1, 5), record("a", 2, 9), record("k", 3, 2), record("k"), record("k", 4, 3),
                 record("a", 5, 7)});
    settle();
    BOOST_TEST(recorder.seen == (Keys{"k2", "a7", "k3", "k0", "k5", "a9"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_repetition_that_follows_closely_is_dropped_without_a_call) {
    takeRecords({record("k", 1, 5), record("k", 2, 6)});
    settle();
    takeRecords({record("k", 1, 5), record("k", 2, 6), record("k", 3, 7)});
    settle();
    BOOST_TEST(listener.handled().size() == 3u);
    BOOST_TEST(figures().repeated == 2u);
    BOOST_TEST(committable() == 5);
}

BOOST_AUTO_TEST_CASE(nothing_is_dropped_by_its_sequence_alone) {
    takeRecords({record("k", 1, 5)});
    settle();
    takeRecords({record("k", 2, 3)}); // a lost event, published again
    settle();
    BOOST_TEST(listener.handled().size() == 2u);
    takeRecords({record("k", 2, 4)}); // newer than what was worked off under this id
    settle();
    BOOST_TEST(listener.handled().size() == 3u);
    BOOST_TEST(figures().repeated == 0u);
}

BOOST_AUTO_TEST_CASE(what_became_a_dead_letter_is_not_taken_for_a_repetition) {
    takeRecords({record("bad", 1, 5)});
    settle();
    box.release("bad");
    takeRecords({record("bad", 1, 5)});
    settle();
    BOOST_TEST(figures().repeated == 0u);
    BOOST_TEST(listener.calls().size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_window_of_repetitions_is_bounded_in_events_and_in_time) {
    settings.recentEvents = 2;
    takeRecords({record("k", 1, 1), record("k", 2, 2), record("k", 3, 3)});
    settle();
    takeRecords({record("k", 1, 1)}); // fell out
    settle();
    BOOST_TEST(figures().repeated == 0u);
    after(60'001ms);
    takeRecords({record("k", 3, 3)});
    settle();
    BOOST_TEST(figures().repeated == 0u);
    BOOST_TEST(listener.handled().size() == 5u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(offset_book)

BOOST_AUTO_TEST_CASE(a_partition_is_committable_up_to_its_first_unfinished_record) {
    scheduler::OffsetBook book;
    std::vector<scheduler::OffsetBook::Ticket> tickets;
    for (const auto offset : {10, 11, 15, 16})
        tickets.push_back(book.enter({"t", 0, offset, "k", {}, "", {}}));
    const auto other = book.enter({"t", 1, 3, "k", {}, "", {}});
    book.finish(tickets[1]);
    book.finish(tickets[2]);
    BOOST_TEST(book.committable().empty());
    BOOST_TEST(*book.unfinished({"t", 0}) == 10);
    BOOST_TEST(book.open() == 5u);
    book.finish(other);
    BOOST_REQUIRE(book.committable().size() == 1u); // the other partition does not wait
    BOOST_TEST(book.committable()[0].next == 4);
    book.finish(tickets[0]);
    book.finish(tickets[0]); // once more does no harm
    const auto positions = book.committable();
    BOOST_REQUIRE(positions.size() == 2u);
    BOOST_TEST(positions[0].next == 16);
    book.committed(positions);
    BOOST_TEST(book.committable().empty());
    BOOST_TEST(*book.unfinished({"t", 0}) == 16);
    BOOST_TEST(book.open() == 1u);
}

BOOST_AUTO_TEST_CASE(what_was_finished_for_an_earlier_assignment_counts_for_nothing) {
    scheduler::OffsetBook book;
    const auto old = book.enter({"t", 0, 5, "k", {}, "", {}});
    book.forget({"t", 0});
    BOOST_TEST(book.open() == 0u);
    const auto fresh = book.enter({"t", 0, 5, "k", {}, "", {}});
    book.finish(old);
    BOOST_TEST(book.committable().empty());
    book.finish(fresh);
    BOOST_TEST(book.committable().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
