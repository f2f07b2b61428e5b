// Lanes that come to rest: hand-over to another node, and operators' commands.
#include "tests/unit/relay_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::MarkResult;
using Kind = scheduler::LaneCommand::Kind;
using Outcome = scheduler::DeliveryReport::Outcome;
namespace relay = scheduler::relay;

namespace {

// Lane 3 with rows 1 and 2 in flight.
struct Sending : BareRelay {
    Sending() {
        now += std::chrono::hours{1};
        tell(relay::LaneTaken{{3, "me"}});
        tell(relay::Probed{{{3, 1, 2}}});
        answerRead(reads.at(0), {1, 2});
        accepted(produced.at(0));
    }
    relay::Event found(const std::vector<std::int64_t>& ids) {
        relay::CommandsFound event{3, {}};
        for (const auto id : ids) event.commands.push_back({id, 3, Kind::redrive, "k"});
        return event;
    }
    static Ids idsOf(const relay::RunCommands& run) {
        Ids ids;
        for (const auto& command : run.commands) ids.push_back(command.id);
        return ids;
    }
    std::vector<relay::Action> ran(const relay::RunCommands& run, MarkResult result = MarkResult::marked) {
        return tell(relay::CommandsRun{3, run.epoch, result});
    }
    void settleAll() {
        delivered(produced.back());
        marked(marks.back());
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_relay_orders)

BOOST_AUTO_TEST_CASE(a_lane_without_work_is_handed_over_at_once) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {});
    BOOST_TEST(BareRelay::count<relay::ReleaseLane>(relay.tell(relay::HandOver{{3, "me"}})) == 1u);
    BOOST_TEST(relay.rules.figures().lanes == 0u);
    BOOST_TEST(relay.rules.figures().handedOver == 1u);
}

BOOST_AUTO_TEST_CASE(a_lane_that_is_handed_over_reads_no_more_and_goes_when_all_is_marked) {
    Sending relay;
    relay.tell(relay::HandOver{{3, "me"}});
    relay.tell(relay::Doorbell{});
    relay.tell(relay::Probed{{{3, 1, 9}}});
    BOOST_TEST(relay.reads.size() == 1u);
    relay.delivered(relay.produced.at(0));
    BOOST_REQUIRE(relay.marks.size() == 1u); // at once: another node waits
    BOOST_TEST(relay.marks.at(0).settled == (Ids{1, 2}));
    BOOST_TEST(BareRelay::count<relay::ReleaseLane>(relay.marked(relay.marks.at(0))) == 1u);
    BOOST_TEST(relay.rules.figures().unknown == 0u);
}

BOOST_AUTO_TEST_CASE(a_read_that_is_answered_during_the_hand_over_is_not_used) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    BOOST_TEST(BareRelay::count<relay::ReleaseLane>(relay.tell(relay::HandOver{{3, "me"}})) == 0u);
    const auto actions = relay.answerRead(relay.reads.at(0), {1});
    BOOST_TEST(relay.produced.empty());
    BOOST_TEST(BareRelay::count<relay::ReleaseLane>(actions) == 1u);
}

BOOST_AUTO_TEST_CASE(a_hand_over_waits_five_seconds_for_reports_and_marks_what_was_acknowledged) {
    Sending relay;
    relay.report(relay.produced.at(0).records.at(0).token, Outcome::delivered);
    relay.tell(relay::HandOver{{3, "me"}});
    BOOST_REQUIRE(relay.marks.size() == 1u);
    relay.marked(relay.marks.at(0));
    BOOST_TEST(BareRelay::count<relay::ReleaseLane>(relay.tickAfter(4999ms)) == 0u);
    const auto actions = relay.tickAfter(1ms);
    BOOST_TEST(BareRelay::count<relay::ReleaseLane>(actions) == 1u);
    BOOST_TEST(BareRelay::count<relay::PurgeSession>(actions) == 0u); // the other lanes go on
    BOOST_TEST(relay.rules.figures().unknown == 1u);
    BOOST_TEST(relay.rules.outstanding() == 1u); // it stays counted until the report comes
    relay.report(relay.produced.at(0).records.at(1).token, Outcome::delivered);
    BOOST_TEST(relay.rules.outstanding() == 0u);
    BOOST_TEST(relay.marks.size() == 1u);
}

BOOST_AUTO_TEST_CASE(acknowledgements_of_the_last_moment_are_marked_before_the_lane_goes) {
    Sending relay;
    relay.tell(relay::HandOver{{3, "me"}});
    relay.report(relay.produced.at(0).records.at(0).token, Outcome::delivered);
    BOOST_REQUIRE(relay.marks.size() == 1u); // and not answered when the time is over
    BOOST_TEST(BareRelay::count<relay::ReleaseLane>(relay.tickAfter(6s)) == 0u);
    BOOST_TEST(BareRelay::count<relay::ReleaseLane>(relay.marked(relay.marks.at(0))) == 1u);
}

BOOST_AUTO_TEST_CASE(a_hand_over_of_an_earlier_term_is_not_one_of_this) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "first"}});
    relay.tell(relay::LaneTaken{{3, "second"}});
    relay.tell(relay::HandOver{{3, "first"}});
    relay.answerRead(relay.reads.at(1), {});
    BOOST_TEST(relay.rules.figures().lanes == 1u);
}

BOOST_AUTO_TEST_CASE(the_next_owner_of_a_handed_over_lane_goes_on_in_order) {
    RelayScene scene;
    scene.sink.loseAcks();
    const auto ids = scene.writeMany("k", 5);
    scene.run(50ms);
    const auto lane = MemoryOutbox::laneOf("k");
    scene.node.handOver(lane);
    scene.run(5100ms);
    BOOST_TEST(!scene.node.lanes().contains(lane));
    scene.sink.returnAcks();
    scene.node.take(lane);
    const auto more = scene.writeMany("k", 3);
    BOOST_TEST(scene.drainQueue());
    auto all = ids;
    all.insert(all.end(), more.begin(), more.end());
    BOOST_TEST(scene.delivered("k") == all);
}

// ---- commands ----

BOOST_AUTO_TEST_CASE(commands_run_when_the_lane_is_at_rest_and_it_begins_anew) {
    Sending relay;
    relay.tell(relay.found({1, 2}));
    relay.tell(relay::Doorbell{});
    relay.tell(relay::Probed{{{3, 1, 9}}});
    BOOST_TEST(relay.reads.size() == 1u);
    relay.delivered(relay.produced.at(0));
    BOOST_TEST(relay.runs.empty()); // before the rows are marked
    relay.marked(relay.marks.at(0));
    BOOST_REQUIRE(relay.runs.size() == 1u);
    BOOST_TEST(Sending::idsOf(relay.runs.at(0)) == (Ids{1, 2}));
    relay.tell(relay::Doorbell{});
    relay.tell(relay::Probed{{{3, 1, 9}}});
    BOOST_TEST(relay.reads.size() == 1u); // nor while they run
    relay.ran(relay.runs.at(0));
    BOOST_REQUIRE(relay.reads.size() == 2u);
    BOOST_TEST(relay.reads.at(1).cursor == 0);
    BOOST_TEST((relay.reads.at(1).epoch != relay.reads.at(0).epoch));
    BOOST_TEST(relay.rules.figures().commandsRun == 2u);
}

BOOST_AUTO_TEST_CASE(commands_found_more_than_once_are_run_once) {
    Sending relay;
    relay.tell(relay.found({1}));
    relay.tell(relay.found({1, 2}));
    relay.settleAll();
    BOOST_REQUIRE(relay.runs.size() == 1u);
    BOOST_TEST(Sending::idsOf(relay.runs.at(0)) == (Ids{1, 2}));
    relay.tell(relay.found({1, 2, 3})); // while they run: the third is new
    BOOST_TEST(relay.runs.size() == 1u);
    relay.ran(relay.runs.at(0));
    BOOST_REQUIRE(relay.runs.size() == 2u);
    BOOST_TEST(Sending::idsOf(relay.runs.at(1)) == Ids{3});
    relay.ran(relay.runs.at(1));
    relay.tell(relay.found({3})); // by a look from before
    relay.answerRead(relay.reads.back(), {});
    BOOST_TEST(relay.runs.size() == 2u);
}

BOOST_AUTO_TEST_CASE(commands_that_failed_are_tried_again_and_the_lane_works_meanwhile) {
    Sending relay;
    relay.tell(relay.found({1}));
    relay.settleAll();
    BOOST_REQUIRE(relay.runs.size() == 1u);
    relay.tell(relay::CommandsFailed{3, relay.runs.at(0).epoch});
    BOOST_REQUIRE(relay.reads.size() == 2u);
    BOOST_TEST(relay.reads.at(1).cursor == 0); // they may have been run all the same
    relay.answerRead(relay.reads.at(1), {});
    BOOST_TEST((relay.rules.nextTick(relay.now) <= relay.now + 200ms));
    relay.tickAfter(199ms);
    BOOST_TEST(relay.runs.size() == 1u);
    relay.tickAfter(1ms);
    BOOST_REQUIRE(relay.runs.size() == 2u);
    BOOST_TEST(Sending::idsOf(relay.runs.at(1)) == Ids{1});
    relay.tell(relay::CommandsFailed{3, relay.runs.at(1).epoch});
    relay.answerRead(relay.reads.back(), {});
    relay.tickAfter(399ms); // ever more rarely
    BOOST_TEST(relay.runs.size() == 2u);
    relay.tickAfter(1ms);
    BOOST_TEST(relay.runs.size() == 3u);
}

BOOST_AUTO_TEST_CASE(commands_refused_by_the_fence_lose_the_lane) {
    Sending relay;
    relay.tell(relay.found({1}));
    relay.settleAll();
    relay.ran(relay.runs.at(0), MarkResult::lost);
    BOOST_TEST(relay.rules.figures().lanes == 0u);
    BOOST_TEST(relay.rules.figures().lostLanes == 1u);
}

BOOST_AUTO_TEST_CASE(a_silent_broker_does_not_keep_commands_from_being_run) {
    Sending relay;
    relay.report(relay.produced.at(0).records.at(0).token, Outcome::delivered);
    relay.tell(relay.found({1}));
    relay.marked(relay.marks.at(0));
    BOOST_TEST(BareRelay::count<relay::PurgeSession>(relay.tickAfter(4999ms)) == 0u);
    BOOST_TEST(BareRelay::count<relay::PurgeSession>(relay.tickAfter(1ms)) == 1u);
    BOOST_TEST(relay.runs.empty()); // what is on the way out comes first
    relay.report(relay.produced.at(0).records.at(1).token, Outcome::failed);
    BOOST_TEST(relay.runs.size() == 1u);
    BOOST_TEST(relay.reads.size() == 1u);
    relay.ran(relay.runs.at(0));
    BOOST_TEST(relay.reads.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_lane_that_leaves_leaves_its_commands_to_the_next_owner) {
    Sending relay;
    relay.tell(relay.found({1}));
    relay.tell(relay::HandOver{{3, "me"}});
    relay.delivered(relay.produced.at(0));
    BOOST_TEST(BareRelay::count<relay::ReleaseLane>(relay.marked(relay.marks.at(0))) == 1u);
    BOOST_TEST(relay.runs.empty());
}

BOOST_AUTO_TEST_CASE(a_redriven_key_is_sent_whole_and_in_order) {
    RelayScene scene;
    const auto poison = scene.outbox.write("k");
    const auto parked = scene.writeMany("k", 3);
    scene.sink.refuse(poison);
    BOOST_TEST(scene.drainQueue());
    BOOST_REQUIRE(scene.outbox.held().size() == 4u);
    scene.sink.accept(poison);
    scene.redrive("k");
    const auto later = scene.outbox.write("k");
    BOOST_TEST(scene.drainQueue());
    Ids all{poison};
    all.insert(all.end(), parked.begin(), parked.end());
    all.push_back(later);
    scene.run(200ms);
    BOOST_TEST(scene.delivered("k") == all);
    BOOST_TEST(scene.outbox.held().empty());
}

// The held key was known to the rules, too.
BOOST_AUTO_TEST_CASE(a_redriven_key_is_not_parked_behind_what_was_held_before) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {1});
    relay.refused(relay.produced.at(0), 0);
    relay.tell(relay::CommandsFound{3, {{1, 3, Kind::redrive, "k"}}});
    relay.marked(relay.marks.at(0));
    relay.tell(relay::CommandsRun{3, relay.runs.at(0).epoch, MarkResult::marked});
    relay.answerRead(relay.reads.back(), {1, 2});
    BOOST_REQUIRE(relay.produced.size() == 2u);
    BOOST_TEST(relay.produced.at(1).records.size() == 2u);
}

// The same, when the mark was written beside a read, so that the rules remembered the key for longer.
BOOST_AUTO_TEST_CASE(nothing_that_was_held_before_the_commands_is_remembered_after_them) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {1});
    relay.refused(relay.produced.at(0), 0);
    relay.tickAfter(100ms);
    relay.tell(relay::Probed{{{3, 1, 2}}});
    BOOST_REQUIRE(relay.reads.size() == 2u);
    relay.marked(relay.marks.at(0));
    relay.tell(relay::CommandsFound{3, {{1, 3, Kind::redrive, "k"}}});
    relay.answerRead(relay.reads.at(1), {});
    BOOST_REQUIRE(relay.runs.size() == 1u);
    relay.tell(relay::CommandsRun{3, relay.runs.at(0).epoch, MarkResult::marked});
    relay.answerRead(relay.reads.back(), {1, 2});
    BOOST_REQUIRE(relay.produced.size() == 2u);
    BOOST_TEST(relay.produced.at(1).records.size() == 2u);
}

BOOST_AUTO_TEST_CASE(discarding_the_failed_row_returns_those_behind_it) {
    RelayScene scene;
    const auto poison = scene.outbox.write("k");
    const auto parked = scene.writeMany("k", 3);
    scene.sink.refuse(poison);
    BOOST_TEST(scene.drainQueue());
    scene.order("k", Kind::discard, poison, poison);
    scene.run(200ms);
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.delivered("k") == parked);
    BOOST_TEST(scene.outbox.held().empty());
}

BOOST_AUTO_TEST_CASE(republished_events_are_sent_once_more) {
    RelayScene scene;
    const auto ids = scene.writeMany("k", 4);
    BOOST_TEST(scene.drainQueue());
    scene.order("k", Kind::republish, ids[1], ids[2]);
    scene.run(200ms);
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.sink.idsOfKey("k") == (Ids{ids[0], ids[1], ids[2], ids[3], ids[1], ids[2]}));
}

BOOST_AUTO_TEST_SUITE_END()
