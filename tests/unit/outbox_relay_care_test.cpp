// Lanes on which owners died: one row at a time, each noted before it is sent.
#include "tests/unit/relay_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::MarkResult;
using scheduler::SessionMode;
using Outcome = scheduler::DeliveryReport::Outcome;
namespace relay = scheduler::relay;

namespace {

relay::Settings batchesOf(std::size_t rows) {
    relay::Settings settings;
    settings.batchSize = rows;
    return settings;
}

constexpr scheduler::Lane kLane = 3;

struct Careful : BareRelay {
    explicit Careful(relay::Settings settings = {}) : BareRelay(settings) {
        now += std::chrono::hours{1};
        tell(relay::LaneTaken{{kLane, "me"}, {true, {}}});
    }
    std::vector<relay::Action> noted(const relay::NoteRow& note, MarkResult result = MarkResult::marked) {
        return tell(relay::Noted{note.term.lane, note.epoch, result});
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_relay_care)

BOOST_AUTO_TEST_CASE(a_careful_lane_notes_each_row_before_it_is_sent_and_marks_it_before_the_next) {
    Careful relay;
    BOOST_REQUIRE(relay.reads.size() == 1u);
    BOOST_TEST(relay.reads.at(0).limit == 1u);
    relay.answerRead(relay.reads.at(0), {1}, true);
    BOOST_REQUIRE(relay.notes.size() == 1u);
    BOOST_TEST(relay.notes.at(0).id == 1);
    BOOST_TEST(relay.produced.empty());
    relay.noted(relay.notes.at(0));
    BOOST_REQUIRE(relay.produced.size() == 1u);
    BOOST_TEST((relay.produced.at(0).mode == SessionMode::solo));
    relay.accepted(relay.produced.at(0));
    relay.tell(relay::Doorbell{});
    relay.tell(relay::Probed{{{kLane, 1, 9}}});
    BOOST_TEST(relay.reads.size() == 1u);
    relay.delivered(relay.produced.at(0));
    BOOST_REQUIRE(relay.marks.size() == 1u); // at once: the next row waits for it
    BOOST_TEST(relay.reads.size() == 1u);
    relay.marked(relay.marks.at(0));
    BOOST_REQUIRE(relay.reads.size() == 2u);
    BOOST_TEST(relay.reads.at(1).limit == 1u);
}

BOOST_AUTO_TEST_CASE(care_ends_when_a_batch_of_rows_went_well) {
    RelayScene scene(batchesOf(5));
    const auto lane = MemoryOutbox::laneOf("k");
    scene.node.handOver(lane);
    scene.run(100ms);
    const auto ids = scene.writeMany("k", 12);
    scene.node.take(lane, {true, {}});
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.sink.idsOfKey("k") == ids);
    BOOST_TEST(scene.node.noted == Ids(ids.begin(), ids.begin() + 5));
    BOOST_TEST(scene.figures().carefulLanes == 0u);
    BOOST_TEST(scene.figures().soloLanes == 0u);
}

BOOST_AUTO_TEST_CASE(care_ends_when_the_lane_is_seen_empty) {
    RelayScene scene;
    const auto lane = MemoryOutbox::laneOf("k");
    scene.node.handOver(lane);
    scene.run(100ms);
    const auto ids = scene.writeMany("k", 3);
    scene.node.take(lane, {true, {}});
    BOOST_TEST(scene.drainQueue());
    scene.run(200ms);
    BOOST_TEST(scene.figures().carefulLanes == 0u);
    BOOST_TEST(scene.node.noted == ids);
}

// A probe that was asked before the lane was taken did not look at it.
BOOST_AUTO_TEST_CASE(a_probe_from_before_does_not_show_a_careful_lane_empty) {
    relay::Settings settings;
    settings.maxInFlightBytes = 1U << 30; // both lanes are read, however large rows may turn out to be
    BareRelay relay(settings);
    relay.tell(relay::LaneTaken{{1, "me"}});
    relay.tell(relay::LaneTaken{{kLane, "me"}, {true, {}}});
    relay.tell(relay::ReadFailed{kLane, relay.reads.at(1).epoch});
    relay.tell(relay::Probed{});
    BOOST_TEST(relay.rules.figures().carefulLanes == 1u);
}

BOOST_AUTO_TEST_CASE(one_careful_row_of_the_node_is_in_hand_at_a_time_and_bulk_lanes_go_on) {
    Careful relay;
    relay.tell(relay::LaneTaken{{5, "me"}, {true, {}}});
    relay.tell(relay::LaneTaken{{7, "me"}});
    BOOST_REQUIRE(relay.reads.size() == 2u);
    BOOST_TEST(relay.reads.at(1).term.lane == 7);
    relay.answerRead(relay.reads.at(1), {70});
    BOOST_REQUIRE(relay.produced.size() == 1u);
    BOOST_TEST((relay.produced.at(0).mode == SessionMode::bulk));
    relay.accepted(relay.produced.at(0));
    relay.answerRead(relay.reads.at(0), {1}, true);
    relay.noted(relay.notes.at(0));
    relay.accepted(relay.produced.at(1));
    relay.delivered(relay.produced.at(1));
    BOOST_TEST(relay.reads.size() == 2u);
    relay.marked(relay.marks.at(0));
    BOOST_TEST(relay.reads.size() == 3u); // of one of them
}

BOOST_AUTO_TEST_CASE(a_row_that_could_not_be_noted_is_not_sent) {
    Careful relay;
    relay.answerRead(relay.reads.at(0), {1});
    relay.tell(relay::NoteFailed{kLane, relay.notes.at(0).epoch});
    BOOST_TEST(relay.produced.empty());
    BOOST_TEST((relay.rules.nextTick(relay.now) > relay.now));
    relay.tickAfter(200ms);
    BOOST_REQUIRE(relay.reads.size() == 2u);
    relay.answerRead(relay.reads.at(1), {1});
    relay.noted(relay.notes.at(1), MarkResult::lost);
    BOOST_TEST(relay.produced.empty());
    BOOST_TEST(relay.rules.figures().lostLanes == 1u);
}

BOOST_AUTO_TEST_CASE(a_row_whose_session_broke_while_it_was_noted_is_read_again) {
    Careful relay;
    relay.tell(relay::LaneTaken{{5, "me"}});
    relay.answerRead(relay.reads.at(0), {1});
    // Another lane's row breaks the solo session meanwhile.
    relay.answerRead(relay.reads.at(1), {50});
    relay.accepted(relay.produced.at(0));
    relay.report(relay.produced.at(0).records.at(0).token, Outcome::refused_by_rule);
    relay.answerRead(relay.reads.back(), {50});
    BOOST_REQUIRE((relay.produced.back().mode == SessionMode::solo));
    relay.accepted(relay.produced.back());
    relay.report(relay.produced.back().records.at(0).token, Outcome::refused_by_rule);
    const auto sent = relay.produced.size();
    relay.noted(relay.notes.at(0));
    BOOST_TEST(relay.produced.size() == sent);
    BOOST_TEST(relay.reads.back().term.lane == kLane);
    BOOST_TEST(relay.reads.back().cursor == 0);
}

BOOST_AUTO_TEST_CASE(a_condemned_row_is_held_without_being_sent_until_an_operator_sends_it) {
    RelayScene scene;
    const auto lane = MemoryOutbox::laneOf("k");
    scene.node.handOver(lane);
    scene.run(100ms);
    const auto before = scene.outbox.write("k"), killer = scene.outbox.write("k"),
               after = scene.outbox.write("k");
    scene.node.take(lane, {true, killer});
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.delivered("k") == Ids{before});
    BOOST_TEST(scene.failed(killer));
    BOOST_TEST(scene.parked(after));
    BOOST_TEST(scene.outbox.held().at(killer).error.find("died") != std::string::npos);
    scene.redrive("k");
    scene.run(200ms);
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.delivered("k") == (Ids{before, killer, after}));
}

BOOST_AUTO_TEST_SUITE_END()
