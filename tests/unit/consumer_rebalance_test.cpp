// What becomes of records in hand when partitions go, and when the service ends.
#include "tests/unit/consumer_stage.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;

BOOST_FIXTURE_TEST_SUITE(consumer_rebalances, ConsumerStage)

BOOST_AUTO_TEST_CASE(a_partition_that_is_taken_away_is_committed_up_to_what_the_call_under_way_finishes) {
    listener.hold();
    topic.write("a");
    const auto running = service();
    listener.awaitTries(1);
    topic.write("b"); // waits behind the call
    awaitInHand(*running, 2);
    topic.takeAway(0);
    awaitInHand(*running, 1); // b was let go
    listener.release();
    topic.awaitTold(0);
    BOOST_TEST(topic.committed() == 1);
    topic.write("c");
    topic.awaitPolls(5);
    BOOST_TEST(listener.handled() == Keys{"a"}, boost::test_tools::per_element());
    topic.giveBack(0);
    topic.awaitCommitted(3);
    running->stop();
    BOOST_TEST(listener.handled() == (Keys{"a", "b", "c"}), boost::test_tools::per_element());
    BOOST_TEST(running->figures().rebalances == 2u);
}

BOOST_AUTO_TEST_CASE(a_rebalance_does_not_wait_for_ever) {
    settings.letGo = 1ms;
    listener.hold();
    topic.write("a");
    const auto running = service();
    listener.awaitTries(1);
    topic.takeAway(0);
    topic.awaitTold(0);
    BOOST_TEST(topic.committed() == 0);
    topic.commitElsewhere(0, 1); // the new owner worked it off
    topic.giveBack(0);
    topic.awaitTold(0);
    topic.write("b");
    listener.release();
    topic.awaitCommitted(2);
    running->stop();
}

BOOST_AUTO_TEST_CASE(what_a_call_finishes_after_its_partition_was_taken_is_not_committed) {
    settings.letGo = 1ms;
    listener.hold();
    topic.write("a");
    topic.write("a");
    topic.write("z", 1);
    const auto running = service();
    listener.awaitTries(1);
    topic.takeAway(0);
    topic.awaitTold(0);
    listener.release();
    topic.awaitCommitted(1, 1);
    topic.write("z", 1);
    topic.awaitCommitted(2, 1);
    BOOST_TEST(topic.committed(0) == 0);
    running->stop();
    BOOST_TEST(topic.committed(0) == 0);
}

BOOST_AUTO_TEST_CASE(nothing_of_a_partition_that_was_lost_is_committed) {
    listener.hold();
    topic.write("a");
    const auto running = service();
    listener.awaitTries(1);
    topic.lose(0);
    topic.awaitTold(0); // without waiting for the call
    listener.release();
    topic.write("z", 1);
    topic.awaitCommitted(1, 1);
    BOOST_TEST(topic.committed(0) == 0);
    topic.giveBack(0);
    topic.awaitCommitted(1);
    running->stop();
    BOOST_TEST(listener.handled().size() == 3u); // again at the new owner, whose matter it is to recognise it
}

BOOST_AUTO_TEST_CASE(what_was_finished_at_the_last_moment_is_committed_unless_the_partition_was_lost) {
    settings.busyWait = 1h; // nothing is committed on the way
    listener.hold();
    topic.write("a", 0);
    topic.write("b", 1);
    const auto running = service();
    listener.awaitTries(1);
    topic.awaitListening();
    listener.release();
    awaitInHand(*running, 0);
    topic.lose(0);
    topic.awaitTold(0);
    BOOST_TEST(topic.committed(0) == 0);
    topic.awaitCommitted(1, 1);

    listener.hold();
    topic.write("c", 1);
    listener.awaitTries(2);
    topic.awaitListening();
    listener.release();
    awaitInHand(*running, 0);
    topic.takeAway(1);
    topic.awaitTold(1);
    BOOST_TEST(topic.committed(1) == 2);
    running->stop();
}

BOOST_AUTO_TEST_CASE(deferred_records_of_a_partition_that_is_taken_away_come_again_where_it_goes) {
    listener.always("k", FakeListener::Kind::deferred);
    topic.write("k");
    topic.write("a");
    const auto running = service();
    listener.awaitHandled(1);
    topic.takeAway(0);
    topic.awaitTold(0);
    BOOST_TEST(topic.committed() == 0);
    listener.always("k", {});
    topic.awaitPolls(5);
    BOOST_TEST(listener.handled() == Keys{"a"}, boost::test_tools::per_element());
    topic.giveBack(0);
    topic.awaitCommitted(2);
    running->stop();
    BOOST_TEST(box.letters().empty());
}

BOOST_AUTO_TEST_CASE(a_stop_commits_what_the_call_under_way_finishes) {
    listener.hold();
    topic.write("a");
    const auto running = service();
    listener.awaitTries(1);
    std::jthread stopper([&] { running->stop(); });
    listener.release();
    stopper.join();
    BOOST_TEST(topic.committed() == 1);
    BOOST_TEST(topic.members() == 0);
}

BOOST_AUTO_TEST_CASE(the_group_is_left_although_a_call_does_not_end) {
    settings.letGo = 1ms;
    listener.hold();
    topic.write("a");
    const auto running = service();
    listener.awaitTries(1);
    std::jthread stopper([&] { running->stop(); });
    topic.awaitMembers(0);
    listener.release(); // stop() itself waits for the thread
    stopper.join();
    BOOST_TEST(topic.committed() == 0);
}

BOOST_AUTO_TEST_CASE(it_can_be_started_again) {
    topic.write("a");
    const auto running = service();
    topic.awaitCommitted(1);
    running->stop();
    topic.write("b");
    running->start();
    topic.awaitCommitted(2);
    running->stop();
    BOOST_TEST(listener.handled() == (Keys{"a", "b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
