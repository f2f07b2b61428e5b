// The loop that feeds a listener, over a topic in memory.
#include "tests/unit/consumer_stage.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;

namespace {

core::Timestamp second(int number) { return core::Timestamp{std::chrono::seconds{number}}; }

} // namespace

BOOST_AUTO_TEST_SUITE(consumer_freshness)

BOOST_AUTO_TEST_CASE(a_partition_that_is_read_to_its_end_is_complete_up_to_the_time_before_the_question) {
    scheduler::Freshness freshness;
    const auto reached = freshness.observe(second(10), {{"t", 0, 5, 5}, {"t", 1, 0, 0}});
    BOOST_REQUIRE(reached.size() == 2u);
    BOOST_CHECK(reached[0].upTo == second(10));
    BOOST_CHECK(reached[1].upTo == second(10));
}

BOOST_AUTO_TEST_CASE(
    a_lagging_partition_shows_itself_and_claims_nothing_until_it_passes_the_end_that_it_saw) {
    scheduler::Freshness freshness;
    const auto first = freshness.observe(second(10), {{"t", 0, 0, 100}});
    BOOST_REQUIRE(first.size() == 1u);
    BOOST_CHECK(first[0].upTo == core::Timestamp{}); // so that the whole is not taken for complete
    BOOST_TEST(freshness.observe(second(11), {{"t", 0, 99, 150}}).empty());
    const auto passed =
        freshness.observe(second(12), {{"t", 0, 100, 200}}); // the goal of second 10, not more
    BOOST_REQUIRE(passed.size() == 1u);
    BOOST_CHECK(passed[0].upTo == second(10));
    BOOST_TEST(freshness.observe(second(13), {{"t", 0, 199, 300}}).empty());
    BOOST_CHECK(freshness.observe(second(14), {{"t", 0, 250, 300}}).at(0).upTo == second(12));
    BOOST_CHECK(freshness.observe(second(15), {{"t", 0, 300, 300}}).at(0).upTo == second(15));
}

BOOST_AUTO_TEST_CASE(a_partition_that_came_back_from_another_member_begins_anew) {
    scheduler::Freshness freshness;
    freshness.observe(second(10), {{"t", 0, 0, 100}});
    freshness.observe(second(11), {});
    BOOST_CHECK(freshness.observe(second(12), {{"t", 0, 150, 200}}).at(0).upTo == core::Timestamp{});
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(consumer_service, ConsumerStage)

BOOST_AUTO_TEST_CASE(records_are_handled_in_order_and_the_offsets_follow) {
    for (const auto* key : {"a", "b", "c"}) topic.write(key);
    const auto running = service();
    topic.awaitCommitted(3);
    topic.write("d");
    topic.awaitCommitted(4);
    running->stop();
    BOOST_TEST(listener.handled() == (Keys{"a", "b", "c", "d"}), boost::test_tools::per_element());
    BOOST_TEST(running->figures().done == 4u);
    BOOST_TEST(topic.members() == 0);
}

BOOST_AUTO_TEST_CASE(broken_machinery_gets_the_same_batch_again_and_no_offset_moves) {
    listener.goDown();
    topic.write("a");
    const auto running = service();
    listener.awaitTries(5);
    BOOST_TEST(topic.committed() == 0);
    topic.write("b");
    listener.comeBack();
    topic.awaitCommitted(2);
    running->stop();
    BOOST_TEST(listener.handled() == (Keys{"a", "b"}), boost::test_tools::per_element());
    BOOST_TEST(running->figures().troubles >= 5u);
    BOOST_TEST(topic.opened() == 1);
    BOOST_TEST(logger.said("consumer_trouble listener=fake doing=handling"));
    BOOST_TEST(logger.said("consumer_works_again"));
}

BOOST_AUTO_TEST_CASE(the_membership_is_kept_however_long_a_call_takes) {
    listener.hold();
    topic.write("a");
    const auto running = service();
    listener.awaitTries(1);
    topic.awaitPolls(100); // the feed goes on without waiting for the listener
    BOOST_TEST(topic.committed() == 0);
    BOOST_TEST(running->figures().handling > 0);
    listener.release();
    topic.awaitCommitted(1);
    running->stop();
    BOOST_TEST(topic.opened() == 1);
    BOOST_TEST(running->figures().handling == 0);
}

BOOST_AUTO_TEST_CASE(in_long_trouble_the_membership_is_kept_too) {
    listener.goDown();
    topic.write("a");
    const auto running = service();
    listener.awaitTries(10);
    topic.awaitPolls(10);
    listener.comeBack();
    topic.awaitCommitted(1);
    running->stop();
    BOOST_TEST(topic.opened() == 1);
}

BOOST_AUTO_TEST_CASE(no_more_is_read_than_fits_into_the_hand) {
    settings.inHand = 10;
    listener.hold();
    topic.write("first");
    const auto running = service();
    listener.awaitTries(1);
    for (int i = 0; i < 100; ++i) topic.write("k");
    topic.awaitPolls(20);
    BOOST_TEST(running->figures().inHand == 10u);
    BOOST_TEST(running->figures().paused == 1);
    listener.release();
    topic.awaitCommitted(101);
    topic.awaitPolls(2);
    BOOST_TEST(running->figures().inHand == 0u);
    BOOST_TEST(running->figures().paused == 0);
    BOOST_TEST(topic.mostPolled() <= 10u);
    running->stop();
}

BOOST_AUTO_TEST_CASE(nor_more_bytes) {
    settings.inHandBytes = 1000;
    listener.hold();
    for (int i = 0; i < 100; ++i)
        topic.write(scheduler::Delivery{"t", 0, 0, "k", {}, "", std::string(399, 'x')});
    const auto running = service();
    listener.awaitTries(1);
    topic.awaitPolls(20);
    BOOST_TEST(running->figures().inHand == 3u);
    listener.release();
    topic.awaitCommitted(100);
    running->stop();
}

BOOST_AUTO_TEST_CASE(finished_records_behind_a_deferred_one_are_bounded) {
    settings.ahead = 50;
    listener.always("k", FakeListener::Kind::deferred);
    topic.write("k");
    for (int i = 0; i < 200; ++i) topic.write("other");
    const auto running = service();
    listener.awaitHandled(49);
    topic.awaitPolls(20);
    BOOST_TEST(listener.handled().size() == 49u);
    BOOST_TEST(topic.committed() == 0);
    listener.always("k", {});
    topic.awaitCommitted(201);
    running->stop();
}

BOOST_AUTO_TEST_CASE(a_deferred_record_of_one_partition_does_not_hold_up_the_commits_of_others) {
    listener.always("k", FakeListener::Kind::deferred);
    topic.write("k", 0);
    topic.write("a", 0);
    topic.write("b", 1);
    const auto running = service();
    topic.awaitCommitted(1, 1);
    listener.awaitHandled(2);
    topic.write("c", 1);
    topic.awaitCommitted(2, 1);
    BOOST_TEST(topic.committed(0) == 0);
    listener.always("k", {});
    topic.awaitCommitted(2, 0);
    running->stop();
}

BOOST_AUTO_TEST_CASE(a_record_that_fails_becomes_a_dead_letter_and_then_its_offset_is_committed) {
    listener.always("sick", FakeListener::Kind::failed);
    box.goDown();
    for (const auto* key : {"sick", "sick", "well"}) topic.write(key);
    const auto running = service();
    box.awaitRefusals(3);
    box.comeBack();
    box.awaitLetters(1);
    topic.awaitCommitted(3);
    running->stop();
    BOOST_TEST(box.letters().size() == 1u);
    BOOST_TEST(box.parked() == Keys{"sick"}, boost::test_tools::per_element());
    BOOST_TEST(running->figures().letters == 1u);
    BOOST_TEST(running->figures().parked == 1u);
    BOOST_TEST(running->figures().failed == 3u);
}

BOOST_AUTO_TEST_CASE(a_record_that_can_never_be_handled_is_a_permanent_letter) {
    for (const auto* key : {"a", "bad", "c"}) topic.write(key);
    const auto running = service();
    topic.awaitCommitted(3);
    running->stop();
    BOOST_TEST(running->figures().done == 2u);
    BOOST_TEST(running->figures().refused == 1u);
    BOOST_REQUIRE(box.letters().size() == 1u);
    BOOST_TEST(box.letters()[0].permanent);
    BOOST_TEST(logger.said("dead_letter listener=fake topic=t partition=0 offset=1"));
}

BOOST_AUTO_TEST_CASE(a_refused_commit_is_made_good_by_the_next_one) {
    topic.refuseCommits();
    topic.write("a");
    const auto running = service();
    listener.awaitHandled(1);
    topic.write("b");
    topic.awaitCommitted(2);
    running->stop();
    BOOST_TEST(listener.handled() == (Keys{"a", "b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(brokers_that_are_away_are_asked_again) {
    topic.goDown();
    topic.write("a");
    const auto running = service();
    topic.awaitQuestions(5);
    topic.comeBack();
    topic.awaitCommitted(1);
    running->stop();
    BOOST_TEST(topic.opened() == 1);
}

BOOST_AUTO_TEST_CASE(it_stops_also_in_the_middle_of_trouble) {
    settings.longestRetry = settings.firstRetry = 1h;
    listener.goDown();
    topic.write("a");
    const auto running = service();
    listener.awaitTries(1);
    running->stop(); // hangs for an hour if it waited
    BOOST_TEST(topic.committed() == 0);
    BOOST_TEST(topic.members() == 0);
}

BOOST_AUTO_TEST_CASE(a_quiet_stream_is_complete_up_to_now) {
    const auto before = clock.today();
    const auto running = service();
    progress.await(before);
    topic.awaitPolls(2); // the figures follow the progress
    BOOST_TEST(running->figures().partitions == 2u);
    BOOST_TEST(running->figures().lag == 0);
    BOOST_TEST(running->figures().completeUpTo > 0);
    running->stop();
}

BOOST_AUTO_TEST_CASE(a_record_in_hand_keeps_its_partition_from_being_complete) {
    listener.always("k", FakeListener::Kind::deferred);
    topic.write("k");
    const auto running = service();
    listener.awaitTries(1);
    const auto before = clock.today();
    topic.awaitPolls(10); // some measurements
    BOOST_TEST(running->figures().lag == 1);
    BOOST_CHECK(progress.upTo(0) < before);
    listener.always("k", {});
    progress.await(before, 0);
    running->stop();
}

BOOST_AUTO_TEST_SUITE_END()
