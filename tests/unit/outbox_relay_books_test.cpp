// The relay's books about rows: those of a lane, and those that are with the producers.
#include "scheduler/outbox_relay_rows.hpp"
#include "tests/unit/relay_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd::testing;
using outboxd::scheduler::SessionMode;
using outboxd::scheduler::relay::InFlight;
using outboxd::scheduler::relay::RowsInHand;

BOOST_AUTO_TEST_SUITE(outbox_relay_books)

BOOST_AUTO_TEST_CASE(rows_in_hand_are_kept_in_order_each_once) {
    RowsInHand rows;
    for (const auto id : {5, 9, 7, 1}) BOOST_TEST(rows.add(id));
    BOOST_TEST(!rows.add(7));
    BOOST_TEST(rows.upTo(99) == (Ids{1, 5, 7, 9}));
    rows.takeBack(5);
    BOOST_TEST(rows.upTo(99) == (Ids{1, 7, 9}));
    BOOST_TEST(rows.open() == 3u);
    BOOST_TEST(rows.contains(7));
    BOOST_TEST(!rows.contains(5));
}

BOOST_AUTO_TEST_CASE(a_mark_takes_the_settled_rows_and_gives_them_back_when_it_fails) {
    RowsInHand rows;
    for (std::int64_t id = 1; id <= 5; ++id) rows.add(id);
    BOOST_TEST(rows.settle(4, RowsInHand::Outcome::acknowledged));
    BOOST_TEST(rows.settle(2, RowsInHand::Outcome::acknowledged));
    BOOST_TEST(rows.settle(3, RowsInHand::Outcome::held));
    BOOST_TEST(!rows.settle(3, RowsInHand::Outcome::acknowledged));
    BOOST_TEST(!rows.settle(77, RowsInHand::Outcome::acknowledged));
    BOOST_TEST(rows.settled() == 3u);
    BOOST_TEST(rows.startMark() == (Ids{2, 4}));
    BOOST_TEST(rows.settled() == 0u);
    rows.settle(5, RowsInHand::Outcome::acknowledged);
    rows.notMarked();
    BOOST_TEST(rows.settled() == 4u);
    BOOST_TEST(rows.startMark() == (Ids{2, 4, 5}));
    rows.marked();
    BOOST_TEST(rows.upTo(99) == Ids{1});
    BOOST_TEST(rows.forgetOpen() == 1u);
    BOOST_TEST(rows.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_mark_takes_only_the_front_if_that_is_most_of_what_is_settled) {
    RowsInHand rows;
    for (std::int64_t id = 1; id <= 6; ++id) rows.add(id);
    for (const auto id : {1, 2, 5}) rows.settle(id, RowsInHand::Outcome::acknowledged);
    BOOST_TEST(rows.startMark() == (Ids{1, 2}));
    BOOST_TEST(rows.settled() == 1u);
    rows.marked();
    rows.settle(4, RowsInHand::Outcome::acknowledged);
    BOOST_TEST(rows.startMark() == (Ids{4, 5})); // behind 3
    rows.notMarked();
    BOOST_TEST(rows.settled() == 2u);
}

BOOST_AUTO_TEST_CASE(a_token_is_good_once_and_never_again) {
    InFlight rows;
    const auto first = rows.add({SessionMode::bulk, 1, 1, 10, 100, {}});
    const auto solo = rows.add({SessionMode::solo, 2, 1, 20, 50, "k"});
    BOOST_TEST(rows.rows() == 2u);
    BOOST_TEST(rows.bytes() == 150u);
    BOOST_TEST(rows.take(first)->id == 10);
    BOOST_TEST(!rows.take(first));
    const auto second = rows.add({SessionMode::bulk, 1, 1, 11, 100, {}}); // in the same place
    BOOST_TEST(second != first);
    BOOST_TEST(!rows.take(first));
    BOOST_TEST(rows.drop(SessionMode::bulk) == 1u);
    BOOST_TEST(!rows.take(second));
    BOOST_TEST(rows.take(solo)->orderKey == "k");
    BOOST_TEST(rows.rows() == 0u);
    BOOST_TEST(rows.bytes() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
