// What becomes of a key after one of its events failed, and of events whose topic is paused.
#include "tests/unit/relay_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::relay::OnFailure;
namespace relay = scheduler::relay;

namespace {

relay::Settings with(OnFailure onFailure) {
    relay::Settings settings;
    settings.onFailure = onFailure;
    return settings;
}

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_relay_failure)

BOOST_AUTO_TEST_CASE(a_blocked_lane_waits_for_an_operator_and_the_others_go_on) {
    for (const bool byBroker : {false, true}) {
        RelayScene scene(with(OnFailure::block));
        const auto neighbour = RelayScene::neighbourOf("k"), stranger = RelayScene::strangerOf("k");
        const auto before = scene.outbox.write(neighbour);
        const auto poison = scene.outbox.write("k");
        const auto after = scene.writeMany("k", 2);
        const auto beside = scene.outbox.write(neighbour);
        const auto elsewhere = scene.writeMany(stranger, 3);
        byBroker ? scene.sink.rejectNext(poison) : scene.sink.refuse(poison);
        scene.run(2s);
        BOOST_TEST(scene.failed(poison));
        BOOST_TEST(scene.outbox.held().size() == 1u); // nothing is parked: it waits in the queue
        BOOST_TEST(scene.outbox.pending() == 3u);
        BOOST_TEST(scene.delivered(neighbour) == Ids{before});
        BOOST_TEST(scene.delivered(stranger) == elsewhere);
        BOOST_TEST(scene.figures().blockedLanes == 1u);

        scene.sink.accept(poison);
        scene.redrive("k");
        BOOST_TEST(scene.drainQueue());
        BOOST_TEST(scene.delivered("k") == (Ids{poison, after[0], after[1]}));
        BOOST_TEST(scene.delivered(neighbour) == (Ids{before, beside}));
        BOOST_TEST(scene.figures().blockedLanes == 0u);
    }
}

BOOST_AUTO_TEST_CASE(a_blocked_lane_stays_blocked_with_its_next_owner) {
    RelayScene scene(with(OnFailure::block));
    const auto poison = scene.outbox.write("k");
    scene.sink.refuse(poison);
    BOOST_TEST(scene.drainQueue());
    const auto lane = MemoryOutbox::laneOf("k");
    scene.node.handOver(lane);
    scene.run(100ms);
    BOOST_REQUIRE(!scene.node.lanes().contains(lane));
    scene.outbox.write(RelayScene::neighbourOf("k"));
    scene.node.take(lane);
    scene.run(1s);
    BOOST_TEST(scene.sink.log().empty());
    BOOST_TEST(scene.outbox.pending() == 1u);
    scene.order("k", scheduler::LaneCommand::Kind::discard, poison, poison);
    scene.run(200ms);
    BOOST_TEST(scene.outbox.pending() == 0u);
}

BOOST_AUTO_TEST_CASE(with_block_nothing_is_read_before_a_probe_has_told_whether_the_lane_is_blocked) {
    BareRelay relay(with(OnFailure::block));
    const auto actions = relay.tell(relay::LaneTaken{{3, "me"}});
    BOOST_TEST(BareRelay::count<relay::ProbeLanes>(actions) == 1u);
    BOOST_TEST(relay.reads.empty());
    relay.tell(relay::Probed{{{3, 1, 2, true}}});
    BOOST_TEST(relay.reads.empty());
    relay.tickAfter(50ms);
    relay.tell(relay::Probed{{{3, 1, 2, false}}});
    BOOST_TEST(relay.reads.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_probe_from_before_the_verdict_was_marked_does_not_unblock) {
    BareRelay relay(with(OnFailure::block));
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.tell(relay::Probed{{{3, 1, 2}}});
    relay.answerRead(relay.reads.at(0), {1, 2});
    BOOST_TEST(BareRelay::count<relay::ProbeLanes>(relay.tell(relay::Doorbell{})) == 1u);
    relay.refused(relay.produced.at(0), 0);
    BOOST_TEST(relay.produced.size() == 1u); // row 2 waits
    relay.tell(relay::Probed{{{3, 1, 2}}});  // it saw no FAILED row: there was none yet
    BOOST_TEST(relay.reads.size() == 1u);
    BOOST_TEST(relay.rules.figures().blockedLanes == 1u);
    BOOST_TEST(BareRelay::count<relay::ProbeLanes>(relay.tickAfter(50ms)) == 1u);
    relay.tickAfter(50ms);
    relay.marked(relay.marks.at(0)); // beside a probe that may have looked before
    relay.tell(relay::Probed{{{3, 2, 2}}});
    BOOST_TEST(relay.reads.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_verdict_survives_a_mark_that_failed) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {1});
    relay.refused(relay.produced.at(0), 0);
    relay.tickAfter(100ms);
    relay.tell(relay::MarkFailed{3, relay.marks.at(0).epoch});
    relay.tickAfter(200ms);
    BOOST_REQUIRE(relay.marks.size() == 2u);
    BOOST_REQUIRE(relay.marks.at(1).held.size() == 1u);
    BOOST_TEST(relay.marks.at(1).held.at(0).id == 1);
    BOOST_TEST(relay.marks.at(1).held.at(0).error == "too large");
}

BOOST_AUTO_TEST_CASE(skip_lets_the_later_events_of_the_key_go_on) {
    for (const bool byBroker : {false, true}) {
        RelayScene scene(with(OnFailure::skip));
        const auto before = scene.outbox.write("k");
        const auto poison = scene.outbox.write("k");
        auto good = scene.writeMany("k", 3);
        byBroker ? scene.sink.rejectNext(poison) : scene.sink.refuse(poison);
        BOOST_TEST(scene.drainQueue());
        good.push_back(scene.outbox.write("k")); // with the failed one in the held rows
        BOOST_TEST(scene.drainQueue());
        good.insert(good.begin(), before);
        BOOST_TEST(scene.delivered("k") == good);
        BOOST_TEST(scene.failed(poison));
        BOOST_TEST(scene.outbox.held().size() == 1u);
    }
}

BOOST_AUTO_TEST_CASE(events_of_a_paused_topic_are_held_and_come_back_in_order) {
    for (const auto onFailure : {OnFailure::park, OnFailure::block, OnFailure::skip}) {
        RelayScene scene(with(onFailure));
        const auto neighbour = RelayScene::neighbourOf("k");
        Ids all{scene.outbox.write("k")};
        BOOST_TEST(scene.drainQueue());
        scene.node.pausedKeys.insert("k");
        for (int i = 0; i < 3; ++i) all.push_back(scene.outbox.write("k"));
        auto others = scene.writeMany(neighbour, 3);
        BOOST_TEST(scene.drainQueue());
        all.push_back(scene.outbox.write("k")); // with the others in the held rows
        BOOST_TEST(scene.drainQueue());
        BOOST_TEST(scene.paused(all[1]));
        for (std::size_t i = 2; i < all.size(); ++i) BOOST_TEST(scene.parked(all[i]));
        BOOST_TEST(scene.delivered(neighbour) == others);
        BOOST_TEST(scene.figures().paused == 1u);
        BOOST_TEST(scene.figures().failed == 0u);
        BOOST_TEST(scene.figures().blockedLanes == 0u);

        scene.node.pausedKeys.clear();
        all.push_back(scene.outbox.write("k")); // before the held ones are back
        BOOST_TEST(scene.drainQueue());
        BOOST_TEST(scene.parked(all.back()));
        scene.redrive("k");
        scene.run(200ms);
        BOOST_TEST(scene.drainQueue());
        BOOST_TEST(scene.delivered("k") == all);
        BOOST_TEST(scene.outbox.held().empty());
    }
}

BOOST_AUTO_TEST_CASE(an_event_behind_a_failed_one_is_parked_also_when_its_topic_is_paused) {
    RelayScene scene;
    const auto poison = scene.outbox.write("k");
    scene.sink.refuse(poison);
    BOOST_TEST(scene.drainQueue());
    scene.node.pausedKeys.insert("k");
    const auto later = scene.outbox.write("k");
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.parked(later));
}

BOOST_AUTO_TEST_SUITE_END()
