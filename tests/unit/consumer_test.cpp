// The loop that feeds a listener, over a topic in memory.
#include "scheduler/consumer_service.hpp"
#include "tests/support/fake_event_feed.hpp"
#include "tests/support/fake_listener.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_logger.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;

namespace {

core::Timestamp second(int number) { return core::Timestamp{std::chrono::seconds{number}}; }

struct Stage {
    core::SystemClock clock;
    MemoryLogger logger;
    core::ProgressMonitor monitor{clock};
    FakeTopic topic;
    FakeListener listener;
    FakeProgress progress{clock};
    scheduler::ConsumerSettings settings{
        .pollWait = 1ms, .firstRetry = 1ms, .longestRetry = 2ms, .measureEvery = 0ms};

    std::unique_ptr<scheduler::ConsumerService> service() {
        auto made = std::make_unique<scheduler::ConsumerService>(listener, topic, progress, clock, logger,
                                                                 monitor, settings);
        made->start();
        return made;
    }
};

using Keys = std::vector<std::string>;

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

BOOST_FIXTURE_TEST_SUITE(consumer_service, Stage)

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

BOOST_AUTO_TEST_CASE(in_long_trouble_the_group_is_left_and_joined_again_afterwards) {
    settings.holdOn = 0ms;
    listener.goDown();
    topic.write("a");
    const auto running = service();
    listener.awaitTries(3);
    BOOST_TEST(topic.members() == 0);
    listener.comeBack();
    topic.awaitCommitted(1);
    running->stop();
    BOOST_TEST(topic.opened() == 2);
    BOOST_TEST(listener.handled() == (Keys{"a", "a"}),
               boost::test_tools::per_element()); // its own to recognise
}

BOOST_AUTO_TEST_CASE(a_record_that_can_never_be_handled_is_said_counted_and_skipped) {
    for (const auto* key : {"a", "bad", "c"}) topic.write(key);
    const auto running = service();
    topic.awaitCommitted(3);
    running->stop();
    BOOST_TEST(running->figures().done == 2u);
    BOOST_TEST(running->figures().refused == 1u);
    BOOST_TEST(logger.said("record_refused listener=fake topic=t partition=0 offset=1"));
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
    running->stop();
    BOOST_TEST(running->figures().partitions == 1u);
    BOOST_TEST(running->figures().lag == 0);
    BOOST_TEST(running->figures().completeUpTo > 0);
}

BOOST_AUTO_TEST_SUITE_END()
