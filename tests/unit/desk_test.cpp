// Changes of topics step by step, and the steps of a republication.
#include "scheduler/republish_plan.hpp"
#include "tests/support/fake_desk.hpp"
#include "tests/support/memory_logger.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::RepublishPlan;
using scheduler::RepublishStep;
using Phase = scheduler::TopicChange::Phase;

namespace {

struct ChangeFixture {
    void begin(int partitions, bool grow, bool keepPaused = false) {
        desk.changes = {{1,
                         "orders",
                         partitions,
                         grow,
                         keepPaused,
                         partitions == 0 ? Phase::release : Phase::settle,
                         {},
                         scheduler::kLanes}};
    }
    Phase step() {
        advanceTopicChanges(desk, cluster, {"topic-changes", "me"});
        return desk.changes.at(0).phase;
    }
    Phase stepAfterOwners() {
        desk.ownersFinish();
        return step();
    }
    FakeTopicDesk desk;
    FakeTopicCluster cluster;
};

} // namespace

namespace {

struct CareFixture {
    using State = scheduler::TopicReadiness::Answer::State;
    using Orders = std::vector<std::string>;
    const Orders& care() {
        careForTopics(desk, topics, logger);
        return desk.ordered;
    }
    FakeTopicDesk desk;
    FakeTopicReadiness topics;
    MemoryLogger logger;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(topic_care, CareFixture)

BOOST_AUTO_TEST_CASE(a_topic_that_waits_for_a_person_is_paused_in_the_relays_name) {
    topics.suspects = {"missing"};
    topics.answers["missing"] = {State::unready, "create it"};
    BOOST_TEST(care() == Orders{"pause missing by outboxd-relay"}, boost::test_tools::per_element());
    BOOST_TEST(logger.said("topic_set_aside topic=missing reason=create it"));
}

BOOST_AUTO_TEST_CASE(a_topic_that_was_mended_since_or_may_be_is_not_paused) {
    topics.suspects = {"mended", "unclear"};
    topics.answers["mended"] = {State::ready};
    topics.answers["unclear"] = {State::unclear};
    BOOST_TEST(care().empty());
}

BOOST_AUTO_TEST_CASE(a_topic_that_somebody_has_paused_is_left_alone) {
    topics.suspects = {"missing"};
    topics.answers["missing"] = {State::unready, "create it"};
    desk.answer = scheduler::TopicIsPaused{};
    care();
    BOOST_TEST(logger.lines().empty());
}

BOOST_AUTO_TEST_CASE(what_the_relay_paused_is_resumed_when_it_is_ready_for_certain) {
    desk.setAside = {"missing", "mended", "unclear"};
    topics.answers["missing"] = {State::unready, "create it"};
    topics.answers["mended"] = {State::ready};
    topics.answers["unclear"] = {State::unclear};
    BOOST_TEST(care() == Orders{"resume mended"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(topic_changes, ChangeFixture)

BOOST_AUTO_TEST_CASE(a_resume_waits_for_the_owners_before_what_was_held_returns) {
    begin(0, false);
    BOOST_CHECK(step() == Phase::release);
    BOOST_CHECK(stepAfterOwners() == Phase::done); // nothing was held, so no step is left
}

BOOST_AUTO_TEST_CASE(a_repartition_grows_the_topic_only_when_all_owners_have_settled) {
    begin(12, true);
    BOOST_CHECK(step() == Phase::settle);
    BOOST_TEST(cluster.now.partitions == 8);
    BOOST_CHECK(stepAfterOwners() == Phase::spread);
    BOOST_TEST(cluster.now.partitions == 12);
    BOOST_CHECK(step() == Phase::spread);
    BOOST_CHECK(stepAfterOwners() == Phase::release);
    BOOST_CHECK(stepAfterOwners() == Phase::done);
}

BOOST_AUTO_TEST_CASE(a_topic_that_was_paused_stays_paused) {
    begin(4, false, true);
    BOOST_CHECK(stepAfterOwners() == Phase::spread);
    BOOST_CHECK(stepAfterOwners() == Phase::done);
}

BOOST_AUTO_TEST_CASE(brokers_that_are_away_are_waited_for_with_the_trouble_written_down) {
    begin(12, true);
    cluster.goDown();
    BOOST_CHECK(stepAfterOwners() == Phase::broker);
    BOOST_TEST(desk.changes[0].trouble.value() == "no broker answers");
    cluster.comeBack();
    cluster.now.leaderless = 1;
    BOOST_CHECK(step() == Phase::broker);
    cluster.now.leaderless = 0;
    BOOST_CHECK(step() == Phase::spread);
    BOOST_TEST(!desk.changes[0].trouble.has_value());
}

BOOST_AUTO_TEST_CASE(what_the_broker_refuses_for_good_ends_the_change_and_lifts_the_pause) {
    begin(12, true);
    cluster.refuses = true;
    BOOST_CHECK(stepAfterOwners() == Phase::release);
    BOOST_CHECK(stepAfterOwners() == Phase::failed);
    BOOST_TEST(desk.changes[0].trouble.value() == "not authorised");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(republish_plan)

BOOST_AUTO_TEST_CASE(ranges_end_at_what_is_not_wanted_and_at_the_longest) {
    std::vector<RepublishStep> steps;
    RepublishPlan plan([&](const RepublishStep& step) { steps.push_back(step); }, 3);
    for (std::int64_t id = 1; id <= 20; ++id) plan.event(id, id % 2 == 0 ? 2 : 5, id != 7);
    plan.finish();
    std::vector<std::string> found;
    for (const auto& step : steps)
        found.push_back(std::to_string(step.lane) + ":" + std::to_string(step.first) + "-" +
                        std::to_string(step.last) + "=" + std::to_string(step.events));
    const std::vector<std::string> expected{"5:1-5=3",   "2:2-6=3",   "2:8-12=3", "5:9-13=3",
                                            "2:14-18=3", "5:15-19=3", "2:20-20=1"};
    BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
