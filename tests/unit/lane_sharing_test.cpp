// How nodes share the lanes, hand them over, and hold them under one lock.
#include "scheduler/lane_quota.hpp"
#include "tests/unit/lane_stage.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::LaneTerm;

namespace {

// Nodes that look in turn, every 250 ms.
struct Cluster : LaneWorld {
    LaneStage& add(const std::string& name, const std::string& singleLock = {}) {
        return *nodes.emplace_back(std::make_unique<LaneStage>(clock, locks, table, name, singleLock));
    }
    void kill(LaneStage& node) {
        std::erase_if(nodes, [&](const auto& each) { return each.get() == &node; });
    }
    // All nodes look until `time` has passed.
    void pass(std::chrono::milliseconds time) {
        for (auto spent = 0ms; spent < time; spent += 250ms) {
            clock.advance(250ms);
            for (auto& node : nodes) node->look();
        }
    }
    std::vector<std::size_t> shares() const {
        std::vector<std::size_t> shares;
        for (const auto& node : nodes) shares.push_back(node->held());
        return shares;
    }
    std::size_t lost() const {
        return std::accumulate(nodes.begin(), nodes.end(), std::size_t{0},
                               [](auto sum, const auto& node) { return sum + node->lost.size(); });
    }
    std::vector<std::unique_ptr<LaneStage>> nodes;
};

using Shares = std::vector<std::size_t>;

} // namespace

BOOST_AUTO_TEST_SUITE(lane_sharing)

BOOST_AUTO_TEST_CASE(the_remainder_goes_to_the_first_names) {
    using scheduler::laneQuota;
    BOOST_TEST(laneQuota({}, "a") == 16u);
    BOOST_TEST(laneQuota({"a"}, "a") == 16u);
    BOOST_TEST(laneQuota({"b"}, "a") == 8u);
    BOOST_TEST(laneQuota({"c", "a", "b"}, "a") == 6u);
    BOOST_TEST(laneQuota({"c", "a", "b"}, "b") == 5u);
    BOOST_TEST(laneQuota({"c", "a", "b"}, "c") == 5u);
    BOOST_TEST(laneQuota({"b", "b", "a"}, "a") == 8u); // however often somebody is named
}

BOOST_AUTO_TEST_CASE(of_any_number_of_nodes_the_quotas_add_up_to_all_lanes) {
    std::vector<std::string> names;
    for (int n = 1; n <= 40; ++n) {
        names.push_back("node-" + std::to_string(n));
        std::size_t sum = 0;
        for (const auto& name : names) sum += scheduler::laneQuota(names, name);
        BOOST_TEST(sum == 16u, n << " nodes share " << sum);
    }
}

BOOST_AUTO_TEST_CASE(a_second_and_a_third_node_are_handed_their_shares) {
    Cluster cluster;
    cluster.add("a");
    cluster.pass(250ms);
    BOOST_TEST(cluster.shares() == Shares{16}, boost::test_tools::per_element());
    cluster.add("b");
    cluster.pass(5s);
    BOOST_TEST(cluster.shares() == (Shares{8, 8}), boost::test_tools::per_element());
    cluster.add("c");
    cluster.pass(5s);
    BOOST_TEST(cluster.shares() == (Shares{6, 5, 5}), boost::test_tools::per_element());
    BOOST_TEST(cluster.lost() == 0u);
    const auto handedOver = cluster.nodes[0]->leases.figures().handedOver;
    cluster.pass(5min);
    BOOST_TEST(cluster.nodes[0]->leases.figures().handedOver == handedOver); // and that is that
}

BOOST_AUTO_TEST_CASE(one_lane_at_a_time_is_handed_over_the_highest_first) {
    Cluster cluster;
    auto& first = cluster.add("a");
    cluster.pass(250ms);
    cluster.table.beat("b");
    cluster.clock.advance(1s);
    for (int looks = 0; looks < 5; ++looks) first.leases.round();
    BOOST_REQUIRE(first.leaving.size() == 1u);
    BOOST_TEST(first.leaving.at(0).lane == 15);
    BOOST_TEST(first.held() == 16u); // until the relay gives it up
    first.leases.release(first.leaving.at(0));
    first.leases.round();
    BOOST_REQUIRE(first.leaving.size() == 2u);
    BOOST_TEST(first.leaving.at(1).lane == 14);
}

BOOST_AUTO_TEST_CASE(a_lane_that_is_lost_while_it_is_handed_over_does_not_stop_the_others) {
    Cluster cluster;
    auto& first = cluster.add("a");
    cluster.pass(250ms);
    cluster.table.beat("b");
    cluster.clock.advance(1s);
    first.leases.round();
    BOOST_REQUIRE(first.leaving.size() == 1u);
    cluster.locks.steal(scheduler::laneLock(first.leaving.at(0).lane));
    cluster.clock.advance(3s);
    cluster.table.beat("b");
    first.leases.round();
    BOOST_TEST(first.lost.size() == 1u);
    BOOST_REQUIRE(first.leaving.size() == 2u);
    BOOST_TEST(first.leaving.at(1).lane == 14);
}

BOOST_AUTO_TEST_CASE(a_dead_nodes_lanes_are_taken_with_the_end_of_their_leases) {
    Cluster cluster;
    cluster.add("a");
    auto& second = cluster.add("b");
    cluster.pass(10s);
    BOOST_TEST(cluster.shares() == (Shares{8, 8}), boost::test_tools::per_element());
    cluster.kill(second);
    cluster.pass(10s + 250ms);
    BOOST_TEST(cluster.shares() == Shares{16}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_draining_nodes_lanes_are_taken_at_the_next_look) {
    Cluster cluster;
    cluster.add("a");
    auto& second = cluster.add("b");
    cluster.pass(10s);
    second.leases.stopTaking();
    second.leases.round(); // tells that it takes no more, while it settles what it has
    BOOST_TEST(cluster.table.alive() == std::vector<std::string>{"a"}, boost::test_tools::per_element());
    BOOST_TEST(second.held() == 8u);
    second.leases.releaseAll();
    cluster.kill(second);
    cluster.pass(250ms);
    BOOST_TEST(cluster.shares() == Shares{16}, boost::test_tools::per_element());
}

// "b" says that it lives, and takes nothing.
BOOST_AUTO_TEST_CASE(lanes_that_stayed_free_for_a_lease_are_taken_over_the_quota_and_kept) {
    Cluster cluster;
    cluster.table.beat("b");
    auto& first = cluster.add("a");
    const auto passWithB = [&](std::chrono::seconds time) {
        for (auto spent = 0s; spent < time; spent += 1s) {
            cluster.table.beat("b");
            cluster.pass(1s);
        }
    };
    passWithB(10s);
    BOOST_TEST(first.held() == 8u);
    passWithB(1s);
    BOOST_TEST(first.held() == 16u);
    passWithB(60s);
    BOOST_TEST(first.leases.figures().handedOver == 0u); // to whom?
    BOOST_TEST(first.held() == 16u);
    cluster.add("b"); // restarted, as the same: its share is offered again after a while
    cluster.pass(6min);
    BOOST_TEST(cluster.shares() == (Shares{8, 8}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_cannot_read_the_peers_keeps_what_it_has) {
    Cluster cluster;
    auto& first = cluster.add("a");
    cluster.pass(1s);
    cluster.table.goDown();
    cluster.pass(60s);
    BOOST_TEST(first.held() == 16u);
    BOOST_TEST(first.lost.empty());
    BOOST_TEST(first.leases.figures().handedOver == 0u);
    cluster.table.comeBack();
    cluster.add("b");
    cluster.pass(5s);
    BOOST_TEST(cluster.shares() == (Shares{8, 8}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_node_says_that_it_lives_once_a_second) {
    Cluster cluster;
    cluster.add("a");
    cluster.pass(60s);
    BOOST_TEST(cluster.table.writes() >= 59);
    BOOST_TEST(cluster.table.writes() <= 61);
}

BOOST_AUTO_TEST_CASE(a_lane_that_the_relay_cannot_use_is_given_back_and_tried_again) {
    Cluster cluster;
    auto& first = cluster.add("a");
    first.refuses = true;
    cluster.pass(250ms);
    BOOST_TEST(first.held() == 0u);
    BOOST_TEST(cluster.locks.isFree("outbox-lane-00"));
    first.refuses = false;
    cluster.pass(250ms);
    BOOST_TEST(first.held() == 0u); // not at once
    cluster.pass(1s);
    BOOST_TEST(first.held() == 16u);
}

// ---- one lock for all ----

BOOST_AUTO_TEST_CASE(under_a_single_lock_no_lane_is_taken_while_somebody_else_has_it) {
    Cluster cluster;
    cluster.locks.steal("legacy-relay", 5s);
    auto& first = cluster.add("a", "legacy-relay");
    cluster.pass(4s);
    BOOST_TEST(first.held() == 0u);
    cluster.pass(2s);
    BOOST_TEST(first.held() == 16u);
    BOOST_TEST(!cluster.locks.isFree("legacy-relay"));
    cluster.pass(60s); // renewed like a lane
    BOOST_TEST(first.held() == 16u);
    BOOST_TEST(!cluster.locks.isFree("legacy-relay"));
}

BOOST_AUTO_TEST_CASE(with_the_single_lock_all_lanes_are_lost_and_unlocked) {
    Cluster cluster;
    auto& first = cluster.add("a", "legacy-relay");
    cluster.pass(1s);
    cluster.locks.steal("legacy-relay", 20s);
    cluster.pass(3s);
    BOOST_TEST(first.lost.size() == 16u);
    BOOST_TEST(first.held() == 0u);
    for (scheduler::Lane lane = 0; lane < scheduler::kLanes; ++lane)
        BOOST_TEST(cluster.locks.isFree(scheduler::laneLock(lane)));
    cluster.pass(20s);
    BOOST_TEST(first.held() == 16u);
}

// The lanes' fences are what stops a paused owner's writes: they must end with the single lock at the latest.
BOOST_AUTO_TEST_CASE(no_lane_is_locked_for_longer_than_the_single_lock) {
    Cluster cluster;
    cluster.locks.steal("outbox-lane-03", 2s);
    auto& first = cluster.add("a", "legacy-relay");
    cluster.pass(2750ms); // lane 3 is taken much later than the single lock
    BOOST_TEST(first.held() == 16u);
    cluster.clock.advance(10s - 2500ms); // and then the node is paused
    BOOST_TEST(cluster.locks.isFree("legacy-relay"));
    BOOST_TEST(cluster.locks.isFree("outbox-lane-03"));
}

BOOST_AUTO_TEST_CASE(under_a_single_lock_one_node_has_all_lanes_and_another_waits) {
    Cluster cluster;
    auto& first = cluster.add("a", "legacy-relay");
    cluster.add("b", "legacy-relay");
    cluster.pass(30s);
    BOOST_TEST(cluster.shares() == (Shares{16, 0}), boost::test_tools::per_element());
    first.leases.stopTaking();
    first.leases.releaseAll();
    BOOST_TEST(cluster.locks.isFree("legacy-relay"));
    cluster.kill(first);
    cluster.pass(250ms);
    BOOST_TEST(cluster.shares() == Shares{16}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
