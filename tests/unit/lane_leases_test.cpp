// How lanes come and go on one node.
#include "tests/unit/lane_stage.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::LaneTerm;

namespace {

using Stage = LaneStage;

struct World : LaneWorld {
    Stage node{clock, locks, table};
};

} // namespace

BOOST_AUTO_TEST_SUITE(lane_leases)

BOOST_AUTO_TEST_CASE(free_lanes_are_taken) {
    World world;
    world.locks.steal("outbox-lane-03");
    world.node.leases.round();
    BOOST_TEST(world.node.taken.size() == 15u);
    BOOST_TEST(world.node.held() == 15u);
    for (const auto& term : world.node.taken) {
        BOOST_TEST(term.lane != 3);
        BOOST_TEST(world.locks.holderOf(scheduler::laneLock(term.lane)) == term.holder);
    }
    world.node.leases.round();
    BOOST_TEST(world.node.taken.size() == 15u);
}

BOOST_AUTO_TEST_CASE(a_dead_nodes_lanes_are_taken_when_their_leases_are_over) {
    World world;
    world.node.leases.round();
    Stage other(world.clock, world.locks, world.table, "node-2");
    world.clock.advance(10s - 1ms);
    other.leases.round();
    BOOST_TEST(other.held() == 0u);
    world.clock.advance(1ms);
    other.leases.round();
    BOOST_TEST(other.held() == 16u);
}

BOOST_AUTO_TEST_CASE(all_lanes_are_renewed_in_one_call_when_it_is_time) {
    World world;
    world.node.leases.round();
    world.clock.advance(2999ms);
    world.node.leases.round();
    BOOST_TEST(world.locks.renewals() == 0);
    world.clock.advance(1ms);
    world.node.leases.round();
    BOOST_TEST(world.locks.renewals() == 1);
    world.clock.advance(9s); // beyond the first lease
    world.node.leases.round();
    BOOST_TEST(world.node.lost.empty());
    BOOST_TEST(world.node.held() == 16u);
}

BOOST_AUTO_TEST_CASE(lanes_are_kept_while_the_database_is_away_until_their_lease_is_over) {
    World world;
    world.node.leases.round();
    world.locks.goDown();
    for (int i = 0; i < 99; ++i) {
        world.clock.advance(100ms);
        world.node.leases.round();
    }
    BOOST_TEST(world.node.lost.empty());
    world.clock.advance(100ms);
    world.node.leases.round();
    BOOST_TEST(world.node.lost.size() == 16u);
    BOOST_TEST(world.node.held() == 0u);
    int complaints = 0;
    for (const auto& line : world.node.logger.lines())
        complaints += line.starts_with("lane_leases_unreachable");
    BOOST_TEST(complaints == 1); // said once, not at each look
    world.locks.comeBack();
    world.node.leases.round();
    BOOST_TEST(world.node.held() == 16u);
}

BOOST_AUTO_TEST_CASE(a_lane_that_was_taken_away_is_lost_at_the_next_renewal) {
    World world;
    world.node.leases.round();
    world.locks.steal("outbox-lane-07");
    world.clock.advance(3s);
    world.node.leases.round();
    BOOST_REQUIRE(world.node.lost.size() == 1u);
    BOOST_TEST(world.node.lost.at(0).lane == 7);
    BOOST_TEST(world.node.held() == 15u);
}

BOOST_AUTO_TEST_CASE(slow_renewal_does_not_extend_the_lease_of_lanes) {
    World world;
    world.node.leases.round();
    world.clock.advance(3s);
    world.locks.answerLate(10s); // the database counted from 3 s, so all is over at 13 s
    world.node.leases.round();
    BOOST_TEST(world.node.lost.size() == 16u);
}

BOOST_AUTO_TEST_CASE(lanes_that_were_slow_to_take_count_from_before_they_were_asked_for) {
    World world;
    world.locks.answerLate(700ms); // all sixteen: 11.2 s
    world.node.leases.round();
    BOOST_TEST(world.node.lost.size() == 16u);
}

BOOST_AUTO_TEST_CASE(a_released_lane_is_free_at_once_and_may_be_taken_again) {
    World world;
    world.node.leases.round();
    const auto term = world.node.taken.at(4);
    world.node.leases.release(term);
    BOOST_TEST(world.locks.isFree(scheduler::laneLock(term.lane)));
    BOOST_TEST(world.node.lost.empty());
    world.node.leases.round();
    BOOST_REQUIRE(world.node.taken.size() == 17u);
    BOOST_TEST(world.node.taken.back().holder != term.holder); // a term of its own
    world.node.leases.release(term);                           // too late, and not its to give
    BOOST_TEST(!world.locks.isFree(scheduler::laneLock(term.lane)));
    BOOST_TEST(world.node.held() == 16u);
}

BOOST_AUTO_TEST_CASE(a_draining_node_renews_but_takes_nothing) {
    World world;
    world.locks.steal("outbox-lane-01", 1s);
    world.node.leases.round();
    world.node.leases.stopTaking();
    world.clock.advance(3s);
    world.node.leases.round();
    BOOST_TEST(world.locks.renewals() == 1);
    BOOST_TEST(world.node.held() == 15u);
    world.node.leases.releaseAll();
    BOOST_TEST(world.node.held() == 0u);
    for (scheduler::Lane lane = 0; lane < scheduler::kLanes; ++lane)
        BOOST_TEST(world.locks.isFree(scheduler::laneLock(lane)));
}

BOOST_AUTO_TEST_CASE(a_release_that_fails_is_said_and_the_lane_is_no_longer_ours) {
    World world;
    world.node.leases.round();
    world.locks.goDown();
    world.node.leases.releaseAll();
    BOOST_TEST(world.node.held() == 0u);
    BOOST_TEST(world.node.logger.said("lane_release_failed"));
}

BOOST_AUTO_TEST_SUITE_END()
