// The relay's bounds, waits, leases and end: how much it takes in, when it looks, and what it leaves behind.
#include "tests/unit/relay_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using MarkFault = RelayNode::MarkFault;
using Outcome = scheduler::DeliveryReport::Outcome;
namespace relay = scheduler::relay;

namespace {

// A tick at nextTick() with nothing to do must not ask for another at once: the loop would spin.
void expectNoSpin(RelayScene& scene) {
    scene.node.settle();
    BOOST_TEST((scene.node.rules().nextTick(scene.clock.now()) > scene.clock.now()));
}

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_relay_pace)

BOOST_AUTO_TEST_CASE(an_outage_costs_no_attempts_and_fails_no_row) {
    RelayScene scene;
    scene.writeMany("warm", 1);
    BOOST_TEST(scene.drainQueue());
    scene.sink.goDown();
    const auto ids = scene.writeMany("k", 50);
    scene.run(60s);
    BOOST_TEST(scene.sink.idsOfKey("k").empty());
    BOOST_TEST(scene.outbox.held().empty());
    BOOST_TEST(scene.outbox.pending() == 50u);
    scene.sink.comeBack();
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.sink.idsOfKey("k") == ids);
    BOOST_TEST(scene.outbox.held().empty());
}

BOOST_AUTO_TEST_CASE(reading_pauses_when_the_broker_is_silent_and_resumes) {
    relay::Settings settings;
    settings.maxInFlightRows = 1000;
    RelayScene scene(settings);
    scene.writeMany("warm", 1);
    BOOST_TEST(scene.drainQueue());
    scene.sink.goDown();
    scene.writeMany("k", 5);
    scene.run(6s);
    BOOST_TEST(scene.figures().stalled);
    const auto taken = scene.figures().inFlightRows;
    scene.writeMany("k", 5);
    scene.run(5s);
    BOOST_TEST(scene.figures().inFlightRows == taken); // nothing more was read
    expectNoSpin(scene);
    scene.sink.comeBack();
    scene.run(200ms);
    BOOST_TEST(!scene.figures().stalled);
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.sink.idsOfKey("k").size() == 10u);
}

BOOST_AUTO_TEST_CASE(a_session_that_can_take_nothing_more_is_replaced) {
    RelayScene scene;
    scene.writeMany("k", 3);
    BOOST_TEST(scene.drainQueue());
    scene.sink.breakSessions();
    scene.writeMany("k", 3);
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.sink.sessions() == 2);
}

BOOST_AUTO_TEST_CASE(sessions_that_keep_breaking_are_opened_ever_more_rarely) {
    RelayScene scene;
    for (int i = 0; i < 1000; ++i) scene.sink.failNextBatch();
    scene.writeMany("k", 1);
    scene.run(3s);
    const auto early = scene.sink.sessions();
    scene.run(20s);
    BOOST_TEST(early <= 8);
    BOOST_TEST(scene.sink.sessions() <= early + 5); // every 5 s by now
    scene.sink.cancelFailures();
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.outbox.held().empty());
    scene.sink.failNextBatch(); // after a success the next trouble is a first one again
    const auto id = scene.outbox.write("k");
    scene.run(60ms);
    BOOST_TEST(scene.sink.idsOfKey("k").back() == id);
}

BOOST_AUTO_TEST_CASE(a_lost_lane_forgets_its_rows_and_ignores_late_reports) {
    RelayScene scene;
    scene.sink.loseAcks();
    const auto ids = scene.writeMany("k", 4);
    scene.run(50ms);
    BOOST_TEST(scene.figures().inFlightRows == 4u);
    const auto lane = MemoryOutbox::laneOf("k");
    scene.outbox.unlock(scene.node.lanes().at(lane));
    scene.node.lose(lane);
    scene.node.settle();
    BOOST_TEST(scene.figures().inFlightRows == 0u);
    BOOST_TEST(scene.figures().lostLanes == 1u);
    scene.sink.returnAcks();
    scene.run(100ms);
    BOOST_TEST(scene.outbox.pending() == 4u); // reported, but not this node's to mark
    BOOST_TEST(scene.figures().inFlightBytes == 0u);
    scene.node.take(lane); // the next holder sends them again
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.delivered("k") == ids);
}

BOOST_AUTO_TEST_CASE(the_loss_of_an_earlier_term_does_not_end_the_present_one) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "first"}});
    relay.tell(relay::LaneTaken{{3, "second"}});
    relay.tell(relay::LaneLost{{3, "first"}});
    BOOST_TEST(relay.rules.figures().lanes == 1u);
    relay.answerRead(relay.reads.at(0), {1}); // asked for in the first term
    BOOST_TEST(relay.produced.empty());
}

BOOST_AUTO_TEST_CASE(a_report_of_an_earlier_term_settles_nothing_of_the_present_one) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "first"}});
    relay.answerRead(relay.reads.at(0), {1});
    relay.accepted(relay.produced.at(0));
    relay.tell(relay::LaneLost{{3, "first"}});
    relay.tell(relay::LaneTaken{{3, "second"}});
    BOOST_REQUIRE(relay.reads.size() == 2u);
    relay.answerRead(relay.reads.at(1), {1});
    relay.accepted(relay.produced.at(1));
    relay.now += 1s;
    relay.report(relay.produced.at(0).records.at(0).token, Outcome::delivered);
    BOOST_TEST(relay.marks.empty());
    relay.report(relay.produced.at(1).records.at(0).token, Outcome::delivered);
    relay.tickAfter(100ms);
    BOOST_TEST(relay.marks.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_mark_of_unknown_outcome_is_repeated) {
    for (const auto fault : {MarkFault::not_done, MarkFault::done_but_unanswered}) {
        RelayScene scene;
        const auto ids = scene.writeMany("k", 3);
        for (int i = 0; i < 400; ++i) {
            scene.clock.advance(1ms);
            scene.node.stepOnce(fault);
        }
        BOOST_TEST(scene.sink.idsOfKey("k") == ids);
        BOOST_TEST(scene.figures().inFlightRows == 3u); // not known to be marked
        scene.run(500ms);
        BOOST_TEST(scene.outbox.pending() == 0u);
        BOOST_TEST(scene.figures().inFlightRows == 0u);
        BOOST_TEST(scene.sink.idsOfKey("k") == ids); // and nothing was sent twice for it
    }
}

BOOST_AUTO_TEST_CASE(a_fence_that_refuses_the_mark_loses_the_lane) {
    RelayScene scene;
    scene.sink.loseAcks();
    scene.writeMany("k", 4);
    scene.run(50ms);
    scene.clock.advance(11s); // paused past the lease: another node takes over
    const auto lane = MemoryOutbox::laneOf("k");
    BOOST_REQUIRE(scene.outbox.tryLock({lane, "other"}, 60s));
    scene.sink.returnAcks();
    for (int i = 0; i < 40; ++i) {
        scene.clock.advance(5ms);
        scene.node.settle();
    }
    BOOST_TEST(scene.outbox.pending() == 4u);
    BOOST_TEST(scene.figures().lanes == 15u);
    BOOST_TEST(scene.figures().lostLanes == 1u);
}

BOOST_AUTO_TEST_CASE(in_flight_rows_stay_bounded) {
    relay::Settings settings;
    settings.batchSize = 7;
    settings.maxInFlightRows = 20;
    RelayScene scene(settings);
    scene.sink.loseAcks();
    for (int i = 0; i < 300; ++i) scene.outbox.write("key-" + std::to_string(i % 9));
    scene.run(1s);
    BOOST_TEST(scene.figures().inFlightRows == 20u);
    expectNoSpin(scene); // there is work, and no room for it
    scene.sink.returnAcks();
    for (int i = 0; i < 2000 && scene.outbox.pending() > 0; ++i) {
        scene.run(5ms);
        BOOST_TEST(scene.figures().inFlightRows <= 20u);
    }
    BOOST_TEST(scene.outbox.pending() == 0u);
}

// Several lanes read at once, each up to a whole batch: only their rows were bounded, not their bytes.
BOOST_AUTO_TEST_CASE(in_flight_bytes_stay_bounded) {
    constexpr std::size_t row = 10'000, bound = 100'000;
    relay::Settings settings;
    settings.maxInFlightBytes = bound;
    RelayScene scene(settings);
    scene.sink.loseAcks();
    std::map<std::string, Ids> written;
    for (int i = 0; i < 300; ++i) {
        const auto key = "key-" + std::to_string(i % 9);
        written[key].push_back(scene.outbox.insert(key, std::string(row, 'x')));
        scene.outbox.commit(written[key].back());
    }
    for (int i = 0; i < 100; ++i) {
        scene.run(5ms);
        BOOST_TEST(scene.figures().inFlightBytes <= bound + row + 200);
    }
    BOOST_TEST(scene.figures().inFlightBytes >= bound * 3 / 4); // for what is left a read is not worth it
    scene.sink.returnAcks();
    BOOST_TEST(scene.drainQueue());
    for (const auto& [key, ids] : written) BOOST_TEST(scene.sink.idsOfKey(key) == ids);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_read_again_in_order) {
    relay::Settings settings;
    settings.maxInFlightBytes = 1'000'000;
    BareRelay relay(settings);
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {1, 2, 3, 4}, false, 400'000);
    BOOST_REQUIRE(relay.produced.size() == 1u);
    BOOST_TEST(relay.produced.at(0).records.size() == 3u); // the one that fills it is the last
    BOOST_TEST(relay.rules.figures().inFlightRows == 3u);
    relay.accepted(relay.produced.at(0));
    BOOST_TEST(relay.reads.size() == 1u);
    relay.report(relay.produced.at(0).records.at(0).token, Outcome::delivered);
    BOOST_REQUIRE(relay.reads.size() == 2u);
    BOOST_TEST(relay.reads.at(1).cursor == 3);
    BOOST_TEST(relay.reads.at(1).limit < 10u); // by what rows weighed
}

BOOST_AUTO_TEST_CASE(no_lane_starves_when_the_room_is_small) {
    relay::Settings settings;
    settings.batchSize = 4;
    settings.maxInFlightRows = 4;
    RelayScene scene(settings);
    const auto busy = std::string("busy");
    const auto quiet = RelayScene::strangerOf(busy);
    scene.writeMany(busy, 500);
    const auto id = scene.outbox.write(quiet);
    scene.run(500ms);
    BOOST_TEST(scene.sink.idsOfKey(quiet) == Ids{id});
    BOOST_TEST(scene.outbox.pending() > 100u); // long before the busy lane was done
}

BOOST_AUTO_TEST_CASE(the_doorbell_looks_at_once) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {});
    relay.tell(relay::Probed{});
    BOOST_TEST(relay.tickAfter(1ms).empty());
    BOOST_TEST(BareRelay::count<relay::ProbeLanes>(relay.tell(relay::Doorbell{})) == 1u);
    // Rung while a probe is under way: that one may have missed the commit.
    relay.tell(relay::Doorbell{});
    BOOST_TEST(BareRelay::count<relay::ProbeLanes>(relay.tell(relay::Probed{})) == 1u);
}

BOOST_AUTO_TEST_CASE(the_doorbell_finds_a_late_commit_at_once) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {5});
    relay.accepted(relay.produced.at(0));
    relay.tell(relay::Doorbell{});
    relay.tell(relay::Probed{{{3, 4, 5}}}); // nothing beyond the cursor, but a lower row
    BOOST_TEST(relay.reads.size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_acknowledged_in_one_moment_is_marked_in_one_transaction) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    Ids ids;
    for (std::int64_t id = 1; id <= 50; ++id) ids.push_back(id);
    relay.answerRead(relay.reads.at(0), ids);
    relay.accepted(relay.produced.at(0));
    relay.tickAfter(100ms);
    for (std::size_t i = 20; i-- > 0;) // of several partitions, so not in the order of ids
        relay.report(relay.produced.at(0).records.at(i).token, Outcome::delivered);
    relay.tickAfter(99ms);
    BOOST_TEST(relay.marks.empty());
    relay.tickAfter(1ms);
    BOOST_REQUIRE(relay.marks.size() == 1u);
    ids.resize(20);
    BOOST_TEST(relay.marks.at(0).settled == ids);
    for (std::size_t i = 20; i < 50; ++i)
        relay.report(relay.produced.at(0).records.at(i).token, Outcome::delivered);
    relay.tickAfter(100ms);
    BOOST_REQUIRE(relay.marks.size() == 1u); // one mark of a lane is under way at a time
    relay.tell(relay::Marked{3, relay.marks.at(0).epoch, scheduler::MarkResult::marked});
    BOOST_REQUIRE(relay.marks.size() == 2u);
    BOOST_TEST(relay.marks.at(1).settled.size() == 30u);
}

BOOST_AUTO_TEST_CASE(draining_settles_and_releases) {
    RelayScene scene;
    const auto ids = scene.writeMany("k", 15);
    scene.clock.advance(5ms);
    for (int i = 0; i < 12; ++i) scene.node.stepOnce(); // some of it is on its way
    scene.node.tell(relay::Drain{});
    scene.run(300ms);
    BOOST_TEST(scene.node.rules().drained());
    BOOST_TEST(scene.node.lanes().empty());
    BOOST_TEST(scene.outbox.tryLock({MemoryOutbox::laneOf("k"), "next"}, 1s)); // free at once
    // What was sent is marked: the next holder repeats nothing.
    BOOST_TEST(scene.sink.idsOfKey("k").size() + scene.outbox.pending() == ids.size());
}

BOOST_AUTO_TEST_CASE(a_draining_lane_is_kept_until_its_reports_are_marked) {
    RelayScene scene;
    scene.sink.loseAcks();
    scene.writeMany("k", 5);
    scene.run(50ms);
    scene.node.tell(relay::Drain{});
    scene.run(200ms);
    BOOST_TEST(scene.node.lanes().size() == 1u);
    scene.sink.returnAcks();
    scene.run(100ms);
    BOOST_TEST(scene.node.rules().drained());
    BOOST_TEST(scene.node.lanes().empty());
    BOOST_TEST(scene.outbox.pending() == 0u);
}

BOOST_AUTO_TEST_CASE(a_drain_deadline_keeps_what_was_acknowledged) {
    RelayScene scene({}, 5);
    const auto ids = scene.writeMany("k", 5);
    scene.run(100ms);
    BOOST_REQUIRE(scene.sink.idsOfKey("k") == ids);
    scene.sink.goDown();
    scene.writeMany("k", 5);
    scene.run(60ms);
    scene.node.tell(relay::Drain{});
    scene.run(1s);
    BOOST_TEST(!scene.node.rules().drained()); // still waiting for the broker
    expectNoSpin(scene);
    scene.node.tell(relay::DrainDeadline{});
    scene.run(100ms);
    BOOST_TEST(scene.node.rules().drained());
    BOOST_TEST(scene.node.lanes().empty());
    BOOST_TEST(scene.outbox.pending() == 5u);
}

BOOST_AUTO_TEST_CASE(the_next_tick_is_never_now_again) {
    RelayScene scene;
    expectNoSpin(scene); // idle with lanes
    scene.sink.limitOutstanding(2);
    scene.writeMany("k", 30);
    for (int i = 0; i < 50; ++i) { // under back-pressure
        scene.clock.advance(1ms);
        expectNoSpin(scene);
    }
    scene.sink.limitOutstanding(1000);
    scene.sink.topicNotReady("outbox.event.thing");
    for (int i = 0; i < 50; ++i) {
        scene.clock.advance(3ms);
        expectNoSpin(scene);
    }
    scene.sink.topicReady("outbox.event.thing");
    for (int i = 0; i < 30; ++i) scene.sink.failNextBatch();
    for (int i = 0; i < 500; ++i) { // between sessions
        scene.clock.advance(3ms);
        expectNoSpin(scene);
    }
    scene.sink.cancelFailures();
    BOOST_TEST(scene.drainQueue());
    expectNoSpin(scene);
}

BOOST_AUTO_TEST_CASE(the_next_tick_is_not_now_again_while_the_database_is_away) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.tell(relay::ProbeFailed{});
    relay.tell(relay::ReadFailed{3, relay.reads.at(0).epoch});
    BOOST_TEST((relay.rules.nextTick(relay.now) > relay.now));
    relay.tickAfter(200ms);
    BOOST_REQUIRE(relay.reads.size() == 2u); // it tries again
    relay.answerRead(relay.reads.at(1), {1});
    relay.accepted(relay.produced.at(0));
    relay.tell(relay::Probed{});
    relay.report(relay.produced.at(0).records.at(0).token, Outcome::delivered);
    relay.tickAfter(100ms);
    BOOST_REQUIRE(relay.marks.size() == 1u);
    relay.tell(relay::MarkFailed{3, relay.marks.at(0).epoch});
    BOOST_TEST(relay.marks.size() == 1u);
    BOOST_TEST((relay.rules.nextTick(relay.now) > relay.now));
    relay.tickAfter(200ms);
    BOOST_REQUIRE(relay.marks.size() == 2u);
    BOOST_TEST(relay.marks.at(1).settled == Ids{1});
}

BOOST_AUTO_TEST_SUITE_END()
