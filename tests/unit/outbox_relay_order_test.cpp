// The relay's order rules, one sentence each. The simulation proves that they hold together.
#include "tests/unit/relay_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using Outcome = scheduler::DeliveryReport::Outcome;
namespace relay = scheduler::relay;

BOOST_AUTO_TEST_SUITE(outbox_relay_order)

BOOST_AUTO_TEST_CASE(a_committed_event_is_delivered_and_leaves_the_queue) {
    RelayScene scene;
    const auto ids = scene.writeMany("k", 25);
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.sink.idsOfKey("k") == ids); // once each, too
    BOOST_TEST(scene.figures().delivered == 25u);
}

BOOST_AUTO_TEST_CASE(a_late_commit_below_the_cursor_is_sent) {
    RelayScene scene;
    const auto late = scene.outbox.insert("slow");
    scene.writeMany(RelayScene::neighbourOf("slow"), 3);
    BOOST_TEST(scene.drainQueue());
    scene.outbox.commit(late);
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.sink.idsOfKey("slow") == Ids{late});
}

// A late row between two that are known shows in neither bound of the probe.
BOOST_AUTO_TEST_CASE(a_late_commit_between_rows_in_flight_is_sent) {
    RelayScene scene;
    scene.sink.loseAcks();
    const auto other = RelayScene::neighbourOf("slow");
    scene.outbox.write(other);
    const auto late = scene.outbox.insert("slow");
    scene.outbox.write(other);
    scene.run(100ms);
    BOOST_TEST(scene.outbox.pending() == 2u);
    scene.outbox.commit(late);
    scene.run(100ms);
    BOOST_TEST(scene.figures().inFlightRows == 3u); // and does not wait for those around it
    scene.sink.returnAcks();
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.sink.idsOfKey("slow") == Ids{late});
}

BOOST_AUTO_TEST_CASE(a_successor_that_commits_between_the_two_polls_does_not_overtake) {
    RelayScene scene;
    const auto first = scene.outbox.insert("k");
    const auto second = scene.outbox.insert("k");
    scene.outbox.write(RelayScene::neighbourOf("k"));
    scene.outbox.betweenPolls = [&] {
        scene.outbox.commit(first);
        scene.outbox.commit(second);
    };
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.sink.idsOfKey("k") == (Ids{first, second}));
}

BOOST_AUTO_TEST_CASE(nothing_is_produced_after_a_failed_report_until_the_session_is_rebuilt) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {1, 2});
    relay.accepted(relay.produced.at(0));
    relay.tell(relay::Probed{{{3, 1, 9}}});
    BOOST_REQUIRE(relay.reads.size() == 2u); // on its way when the report comes
    auto actions = relay.report(relay.produced.at(0).records.at(0).token, Outcome::failed);
    BOOST_TEST(BareRelay::count<relay::PurgeSession>(actions) == 1u);
    relay.answerRead(relay.reads.at(1), {9});
    relay.tickAfter(200ms);
    BOOST_TEST(relay.produced.size() == 1u);
    BOOST_TEST(relay.reads.size() == 2u);
    // The last report of the purged session: now a new one starts from the lowest row.
    actions = relay.report(relay.produced.at(0).records.at(1).token, Outcome::failed);
    BOOST_TEST(BareRelay::count<relay::CloseSession>(actions) == 1u);
    BOOST_TEST(BareRelay::count<relay::OpenSession>(actions) == 1u);
    BOOST_REQUIRE(relay.reads.size() == 3u);
    BOOST_TEST(relay.reads.at(2).cursor == 0);
    BOOST_TEST(relay.reads.at(2).known.ids.empty());
}

// A read knows the rows that were in flight when it was asked for, and leaves them out. When those fail before it is
// answered, what it found would overtake them. Drivers that answer each read at once never saw this.
BOOST_AUTO_TEST_CASE(a_read_asked_for_before_the_session_broke_is_not_used) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {1});
    relay.accepted(relay.produced.at(0));
    relay.tell(relay::Probed{{{3, 1, 2}}});
    BOOST_REQUIRE(relay.reads.size() == 2u);
    BOOST_TEST(relay.reads.at(1).known.ids == Ids{1});
    relay.report(relay.produced.at(0).records.at(0).token, Outcome::failed); // broken, closed, opened anew
    relay.answerRead(relay.reads.at(1), {2});
    BOOST_TEST(relay.produced.size() == 1u); // row 2 is not sent before row 1
    BOOST_REQUIRE(relay.reads.size() == 3u);
    BOOST_TEST(relay.reads.at(2).cursor == 0);
    relay.answerRead(relay.reads.at(2), {1, 2});
    BOOST_REQUIRE(relay.produced.size() == 2u);
    BOOST_TEST(relay.produced.at(1).records.at(0).record.id == 1);
}

BOOST_AUTO_TEST_CASE(a_broken_session_loses_nothing_and_keeps_the_order) {
    for (const auto landed : {FakeEventSink::Landed::no, FakeEventSink::Landed::yes}) {
        RelayScene scene({}, 3);
        scene.sink.failNextBatch(landed);
        const auto ids = scene.writeMany("k", 20);
        BOOST_TEST(scene.drainQueue());
        scene.sink.landStrays();
        BOOST_TEST(scene.delivered("k") == ids);
        BOOST_TEST(scene.figures().brokenSessions == 1u);
        BOOST_TEST(scene.sink.sessions() == 2); // transport trouble makes no suspects, so none is tried alone
        BOOST_TEST(scene.figures().failed == 0u);
    }
}

BOOST_AUTO_TEST_CASE(a_record_refused_by_the_broker_is_judged_alone_and_its_key_is_parked) {
    RelayScene scene;
    const auto before = scene.outbox.write("k");
    const auto poison = scene.outbox.write("k");
    const auto after = scene.writeMany("k", 3);
    scene.sink.rejectNext(poison);
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.delivered("k") == Ids{before}); // rows before a refused one are not parked behind it
    BOOST_TEST(scene.failed(poison));
    for (const auto id : after) BOOST_TEST(scene.parked(id));
    BOOST_TEST(scene.figures().failed == 1u);
    BOOST_TEST(scene.figures().parked == 3u);
    BOOST_TEST(scene.figures().soloLanes == 0);
}

BOOST_AUTO_TEST_CASE(other_keys_of_the_lane_go_on) {
    RelayScene scene;
    const auto other = RelayScene::neighbourOf("k");
    Ids others{scene.outbox.write(other)};
    const auto poison = scene.outbox.write("k");
    for (int i = 0; i < 5; ++i) others.push_back(scene.outbox.write(other));
    scene.sink.rejectNext(poison);
    BOOST_TEST(scene.drainQueue());
    others.push_back(scene.outbox.write(other));
    const auto later = scene.outbox.write("k");
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.delivered(other) == others);
    BOOST_TEST(scene.failed(poison));
    BOOST_TEST(scene.parked(later));
}

BOOST_AUTO_TEST_CASE(rows_blamed_with_the_poisoned_one_are_delivered) {
    RelayScene scene({}, 100);
    std::map<std::string, Ids> good;
    for (int i = 0; i < 30; ++i) {
        const auto key = "key-" + std::to_string(i % 6);
        good[key].push_back(scene.outbox.write(key));
    }
    const auto poison = scene.outbox.write("bad");
    scene.sink.rejectNext(poison);
    BOOST_TEST(scene.drainQueue());
    for (const auto& [key, ids] : good) BOOST_TEST(scene.delivered(key) == ids);
    BOOST_TEST(scene.failed(poison));
    BOOST_TEST(scene.outbox.held().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_record_that_is_refused_before_it_is_sent_fails_at_once_and_its_key_is_parked) {
    RelayScene scene;
    const auto before = scene.outbox.write("k");
    const auto poison = scene.outbox.write("k");
    const auto after = scene.outbox.write("k");
    const auto other = scene.outbox.write(RelayScene::neighbourOf("k"));
    scene.sink.refuse(poison);
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.delivered("k") == Ids{before});
    BOOST_TEST(scene.delivered(RelayScene::neighbourOf("k")) == Ids{other});
    BOOST_TEST(scene.failed(poison));
    BOOST_TEST(scene.parked(after));
    BOOST_TEST(scene.sink.sessions() == 1); // nobody else was disturbed
}

BOOST_AUTO_TEST_CASE(suspects_discarded_by_an_operator_end_the_solo_mode) {
    RelayScene scene;
    const auto poison = scene.outbox.write("k");
    scene.sink.rejectNext(poison);
    for (int i = 0; i < 1000 && scene.figures().soloLanes == 0; ++i) {
        scene.clock.advance(1ms);
        scene.node.stepOnce();
    }
    BOOST_REQUIRE(scene.figures().soloLanes > 0);
    scene.outbox.discard(poison); // between the broker's complaint and the verdict
    scene.run(200ms);
    BOOST_TEST(scene.figures().soloLanes == 0);
    BOOST_TEST(!scene.failed(poison));
    const auto next = scene.outbox.write("k");
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.delivered("k") == Ids{next});
}

// The lane is not empty without them, so the probe does not tell.
BOOST_AUTO_TEST_CASE(a_discarded_suspect_is_noticed_beside_other_rows) {
    RelayScene scene({}, 1);
    const auto poison = scene.outbox.write("k");
    const auto others = scene.writeMany(RelayScene::neighbourOf("k"), 5);
    scene.sink.rejectNext(poison);
    for (int i = 0; i < 1000 && scene.figures().soloLanes == 0; ++i) {
        scene.clock.advance(1ms);
        scene.node.stepOnce();
    }
    BOOST_REQUIRE(scene.figures().soloLanes > 0);
    scene.outbox.discard(poison);
    scene.run(200ms);
    BOOST_TEST(scene.figures().soloLanes == 0);
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.delivered(RelayScene::neighbourOf("k")) == others);
}

// Polls A and B may bring as many rows each as were asked for.
BOOST_AUTO_TEST_CASE(a_solo_lane_sends_no_more_than_its_window) {
    relay::Settings settings;
    settings.soloWindow = 1;
    BareRelay relay(settings);
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {2});
    relay.accepted(relay.produced.at(0));
    relay.report(relay.produced.at(0).records.at(0).token, Outcome::refused_by_rule);
    BOOST_REQUIRE(relay.rules.figures().soloLanes > 0);
    relay.answerRead(relay.reads.at(1), {1, 2}); // with a late commit
    BOOST_REQUIRE(relay.produced.size() == 2u);
    BOOST_REQUIRE(relay.produced.at(1).records.size() == 1u);
    BOOST_TEST(relay.produced.at(1).records.at(0).record.id == 1);
}

// Row 1 was sent, row 2 refused on the spot; then the session broke and row 1 comes again.
BOOST_AUTO_TEST_CASE(rows_before_a_refused_one_are_not_parked_behind_it) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {1, 2});
    relay.refused(relay.produced.at(0), 1);
    relay.report(relay.produced.at(0).records.at(0).token, Outcome::failed);
    BOOST_REQUIRE(relay.reads.size() == 2u);
    relay.answerRead(relay.reads.at(1),
                     {1, 3}); // as the database sees it before the mark: the key is not held yet
    BOOST_REQUIRE(relay.produced.size() == 2u);
    BOOST_REQUIRE(relay.produced.at(1).records.size() == 1u);
    BOOST_TEST(relay.produced.at(1).records.at(0).record.id == 1);
    BOOST_TEST(relay.rules.figures().parked == 1u);
}

// Row 3 is refused on the spot, then row 1 by the broker: row 2 is behind row 1.
BOOST_AUTO_TEST_CASE(rows_between_two_refused_ones_are_parked_behind_the_first) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.at(0), {1, 2, 3});
    relay.refused(relay.produced.at(0), 2);
    relay.report(relay.produced.at(0).records.at(0).token, Outcome::refused_by_rule);
    relay.report(relay.produced.at(0).records.at(1).token, Outcome::failed);
    relay.answerRead(relay.reads.back(), {1, 2});
    BOOST_REQUIRE(relay.produced.size() == 2u);
    relay.accepted(relay.produced.at(1));
    relay.report(relay.produced.at(1).records.at(0).token, Outcome::refused_by_rule);
    relay.report(relay.produced.at(1).records.at(1).token, Outcome::failed);
    relay.answerRead(relay.reads.back(), {2}); // as it stands before the marks
    BOOST_TEST(relay.produced.size() == 2u);
    BOOST_TEST(relay.rules.figures().parked == 1u);
}

BOOST_AUTO_TEST_CASE(the_next_holder_parks_what_follows_a_held_row) {
    RelayScene scene;
    const auto poison = scene.outbox.write("k");
    scene.sink.refuse(poison);
    BOOST_TEST(scene.drainQueue());
    const auto lane = MemoryOutbox::laneOf("k");
    scene.outbox.unlock(scene.node.lanes().at(lane));
    scene.node.lose(lane);
    scene.node.take(lane);
    scene.sink.accept(poison);
    const auto later = scene.outbox.write("k");
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.parked(later));
    BOOST_TEST(scene.sink.idsOfKey("k").empty());
}

BOOST_AUTO_TEST_CASE(back_pressure_keeps_the_order) {
    RelayScene scene({}, 3);
    scene.sink.limitOutstanding(4);
    std::map<std::string, Ids> written;
    for (int i = 0; i < 60; ++i) {
        const auto key = "key-" + std::to_string(i % 5);
        written[key].push_back(scene.outbox.write(key));
    }
    BOOST_TEST(scene.drainQueue());
    for (const auto& [key, ids] : written) BOOST_TEST(scene.sink.idsOfKey(key) == ids);
    BOOST_TEST(scene.figures().brokenSessions == 0u);
}

BOOST_AUTO_TEST_CASE(a_topic_that_is_not_ready_is_waited_for_in_order) {
    RelayScene scene;
    scene.sink.topicNotReady("outbox.event.thing");
    const auto ids = scene.writeMany("k", 5);
    scene.run(1s);
    BOOST_TEST(scene.sink.log().empty());
    scene.sink.topicReady("outbox.event.thing");
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.sink.idsOfKey("k") == ids);
    BOOST_TEST(scene.figures().failed == 0u);
}

BOOST_AUTO_TEST_CASE(an_orphaned_queue_row_is_removed) {
    RelayScene scene;
    const auto orphan = scene.outbox.write("k");
    const auto next = scene.outbox.write("k");
    scene.outbox.removeEvent(orphan);
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.sink.idsOfKey("k") == Ids{next});
    BOOST_TEST(scene.figures().orphans == 1u);
    BOOST_TEST(scene.outbox.held().empty());
}

BOOST_AUTO_TEST_SUITE_END()
