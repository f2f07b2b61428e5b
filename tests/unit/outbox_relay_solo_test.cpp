// The two sessions: who is tried alone, and that nobody else waits for it.
#include "tests/unit/relay_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::SessionMode;
using Outcome = scheduler::DeliveryReport::Outcome;
namespace relay = scheduler::relay;

namespace {

// Lane 1 with row 1 blamed in a batch, lane 2 with row 2 in flight beside it; both sessions open afterwards.
struct Blamed : BareRelay {
    explicit Blamed(relay::Settings settings = {}) : BareRelay(settings) {
        now += std::chrono::hours{1};
        for (const scheduler::Lane lane : {scheduler::Lane{1}, scheduler::Lane{2}})
            tell(relay::LaneTaken{{lane, "me"}});
        answerRead(reads.at(0), {1, 3});
        accepted(produced.at(0));
        answerRead(reads.at(1), {2});
        accepted(produced.at(1));
        tell(relay::Probed{{{1, 1, 3}, {2, 2, 2}}});
        purged = report(produced.at(0).records.at(0).token, Outcome::refused_by_rule);
        report(produced.at(0).records.at(1).token, Outcome::failed);
        reopened = report(produced.at(1).records.at(0).token, Outcome::failed);
        BOOST_REQUIRE(reads.size() == 4u);
    }
    const relay::ReadLane& readOf(scheduler::Lane lane) const {
        return *std::ranges::find_if(reads.rbegin(), reads.rend(),
                                     [lane](const auto& read) { return read.term.lane == lane; });
    }
    std::vector<relay::Action> purged, reopened;
};

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_relay_solo)

BOOST_AUTO_TEST_CASE(only_the_lane_with_suspects_goes_solo_and_the_others_go_on_at_once) {
    Blamed relay;
    BOOST_TEST(BareRelay::count<relay::PurgeSession>(relay.purged) == 1u);
    const auto opened = BareRelay::all<relay::OpenSession>(relay.reopened);
    BOOST_REQUIRE(opened.size() == 2u);
    BOOST_TEST((opened[0].mode == SessionMode::bulk));
    BOOST_TEST((opened[1].mode == SessionMode::solo));
    BOOST_TEST(relay.rules.figures().soloLanes == 1u);
    relay.answerRead(relay.readOf(1), {1, 3});
    BOOST_TEST((relay.produced.at(2).mode == SessionMode::solo));
    relay.accepted(relay.produced.at(2));
    for (std::int64_t id = 2; id < 8; id += 2) { // while the suspect has no answer
        relay.answerRead(relay.readOf(2), {id});
        const auto sent = relay.produced.back();
        BOOST_TEST((sent.mode == SessionMode::bulk));
        relay.accepted(sent);
        relay.delivered(sent);
        relay.tell(relay::Doorbell{});
        relay.tell(relay::Probed{{{1, 1, 3}, {2, id, id + 2}}});
    }
}

BOOST_AUTO_TEST_CASE(a_refusal_in_the_solo_session_is_a_verdict_and_breaks_only_that_session) {
    Blamed relay;
    relay.answerRead(relay.readOf(1), {1, 3});
    relay.accepted(relay.produced.at(2));
    relay.answerRead(relay.readOf(2), {2});
    relay.accepted(relay.produced.at(3));
    const auto actions = relay.report(relay.produced.at(2).records.at(0).token, Outcome::refused_by_rule);
    const auto purged = BareRelay::all<relay::PurgeSession>(actions);
    BOOST_REQUIRE(purged.size() == 1u);
    BOOST_TEST((purged[0].mode == SessionMode::solo));
    BOOST_TEST(relay.rules.figures().brokenSessions == 1u); // the one that blamed the batch
    BOOST_TEST(relay.rules.figures().brokenSoloSessions == 1u);
    relay.delivered(relay.produced.at(3)); // the other lane's row is not disturbed
    BOOST_TEST(relay.rules.figures().delivered == 1u);
    BOOST_TEST(relay.rules.figures().failed == 1u);
    BOOST_TEST(relay.rules.outstanding() == 1u); // row 3, purged with the solo session
}

BOOST_AUTO_TEST_CASE(a_lane_changes_its_session_only_while_nothing_of_it_is_out) {
    Blamed relay;
    relay.answerRead(relay.readOf(1), {1, 3});
    relay.accepted(relay.produced.at(2));
    relay.report(relay.produced.at(2).records.at(0).token, Outcome::delivered); // acquitted
    BOOST_TEST(relay.rules.figures().soloLanes == 1u); // row 3 is still with the solo session
    relay.answerRead(relay.readOf(2), {});
    const auto reads = relay.reads.size();
    relay.tell(relay::Doorbell{});
    relay.tell(relay::Probed{{{1, 1, 5}, {2, 2, 2}}});
    BOOST_REQUIRE(relay.reads.size() ==
                  reads + 1); // of the other lane: this one would stay solo for ever under load
    BOOST_TEST(relay.reads.back().term.lane == 2);
    relay.report(relay.produced.at(2).records.at(1).token, Outcome::delivered);
    BOOST_TEST(relay.rules.figures().soloLanes == 0u);
    BOOST_TEST(relay.readOf(1).cursor == 3);
    relay.answerRead(relay.readOf(1), {5});
    BOOST_TEST((relay.produced.at(3).mode == SessionMode::bulk));
}

// Rows judged once are not judged again when another session breaks later.
BOOST_AUTO_TEST_CASE(acquitted_rows_are_suspects_no_more) {
    Blamed relay;
    relay.answerRead(relay.readOf(1), {1, 3});
    relay.accepted(relay.produced.at(2));
    relay.delivered(relay.produced.at(2));
    BOOST_REQUIRE(relay.rules.figures().soloLanes == 0u);
    relay.answerRead(relay.readOf(2), {2});
    relay.accepted(relay.produced.at(3));
    relay.report(relay.produced.at(3).records.at(0).token,
                 Outcome::failed); // the bulk session: both lanes start over
    relay.tickAfter(100ms);
    BOOST_TEST(relay.rules.figures().soloLanes == 0u);
}

// A read that was asked for before the lane's session broke is answered after: the lane belongs to the old session until then.
BOOST_AUTO_TEST_CASE(a_lane_that_is_being_read_keeps_its_session) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{1, "me"}});
    relay.answerRead(relay.reads.at(0), {1});
    relay.accepted(relay.produced.at(0));
    relay.tell(relay::Probed{{{1, 1, 2}}});
    BOOST_REQUIRE(relay.reads.size() == 2u);
    relay.report(relay.produced.at(0).records.at(0).token, Outcome::refused_by_rule);
    BOOST_TEST(relay.rules.figures().soloLanes == 0u);
    relay.answerRead(relay.reads.at(1), {2});
    BOOST_TEST(relay.rules.figures().soloLanes == 1u);
    BOOST_TEST(relay.produced.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_window_counts_what_is_out_already) {
    relay::Settings settings;
    settings.soloWindow = 2;
    Blamed relay(settings);
    BOOST_TEST(relay.readOf(1).limit == 2u);
    relay.answerRead(relay.readOf(1), {0}, true);
    relay.accepted(relay.produced.back());
    BOOST_TEST(relay.readOf(1).limit == 1u);
    relay.answerRead(relay.readOf(1), {1, 3}, true); // one by each poll
    BOOST_TEST(relay.produced.back().records.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_silent_solo_session_does_not_stop_the_bulk_one) {
    Blamed relay;
    relay.answerRead(relay.readOf(1), {1});
    relay.accepted(relay.produced.at(2));
    relay.answerRead(relay.readOf(2), {});
    relay.tickAfter(6s);
    BOOST_TEST(relay.rules.figures().stalled);
    const auto reads = relay.reads.size();
    relay.tell(relay::Probed{{{1, 1, 1}, {2, 4, 4}}});
    BOOST_REQUIRE(relay.reads.size() == reads + 1);
    BOOST_TEST(relay.reads.back().term.lane == 2);
}

BOOST_AUTO_TEST_CASE(an_idle_solo_session_is_closed_after_a_while) {
    Blamed relay;
    relay.answerRead(relay.readOf(1), {1});
    relay.accepted(relay.produced.at(2));
    relay.delivered(relay.produced.at(2));
    relay.answerRead(relay.readOf(1), {});
    relay.answerRead(relay.readOf(2), {});
    relay.tell(relay::Probed{});
    relay.tell(relay::Probed{});
    BOOST_TEST(relay.rules.figures().soloLanes == 0u);
    BOOST_TEST(BareRelay::count<relay::CloseSession>(relay.tickAfter(9s)) ==
               0u); // one refusal may follow another
    const auto closed = BareRelay::all<relay::CloseSession>(relay.tickAfter(1s));
    BOOST_REQUIRE(closed.size() == 1u);
    BOOST_TEST((closed[0].mode == SessionMode::solo));
}

BOOST_AUTO_TEST_CASE(a_report_that_never_comes_after_a_purge_is_given_up) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{1, "me"}});
    relay.answerRead(relay.reads.at(0), {1, 2});
    relay.accepted(relay.produced.at(0));
    relay.report(relay.produced.at(0).records.at(0).token, Outcome::failed);
    BOOST_TEST(BareRelay::count<relay::CloseSession>(relay.tickAfter(9s)) == 0u);
    BOOST_TEST(BareRelay::count<relay::CloseSession>(relay.tickAfter(1s)) == 1u);
    BOOST_TEST(relay.rules.outstanding() == 0u);
    BOOST_TEST(relay.rules.figures().unknown == 2u);
    relay.report(relay.produced.at(0).records.at(1).token, Outcome::delivered); // too late to mean anything
    BOOST_TEST(relay.rules.figures().delivered == 0u);
}

BOOST_AUTO_TEST_CASE(several_poisoned_lanes_are_judged_side_by_side) {
    RelayScene scene({}, 50);
    const auto other = RelayScene::strangerOf("k");
    std::map<std::string, Ids> good;
    for (int i = 0; i < 20; ++i) {
        good["k"].push_back(scene.outbox.write("k"));
        good[other].push_back(scene.outbox.write(other));
    }
    const auto one = scene.outbox.write("k"), two = scene.outbox.write(other);
    scene.sink.rejectNext(one);
    scene.sink.rejectNext(two);
    BOOST_TEST(scene.drainQueue());
    for (const auto& [key, ids] : good) BOOST_TEST(scene.delivered(key) == ids);
    BOOST_TEST(scene.failed(one));
    BOOST_TEST(scene.failed(two));
    BOOST_TEST(scene.outbox.held().size() == 2u);
}

// Each refusal costs what was in flight once more, and its lane some single records: far from one by one for all.
BOOST_AUTO_TEST_CASE(one_refused_record_in_a_thousand_leaves_most_rows_to_batches) {
    constexpr int rows = 20'000;
    RelayScene scene({}, 100);
    std::set<std::int64_t> poison;
    for (int i = 1; i <= rows; ++i) {
        const bool bad = i % 1000 == 500;
        const auto id =
            scene.outbox.write(bad ? "bad-" + std::to_string(i) : "key-" + std::to_string(i % 300));
        if (bad) scene.sink.rejectNext(id), poison.insert(id);
    }
    BOOST_TEST(scene.drainQueue());
    BOOST_TEST(scene.outbox.held().size() == poison.size());
    for (const auto id : poison) BOOST_TEST(scene.failed(id));
    BOOST_TEST(scene.figures().delivered == rows - poison.size());
    BOOST_TEST(scene.figures().brokenSessions <= poison.size());
    BOOST_TEST(scene.figures().brokenSoloSessions <= 2 * poison.size());
}

BOOST_AUTO_TEST_SUITE_END()
