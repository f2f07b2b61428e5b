// When the relay looks, reads and marks, by how much comes.
#include "tests/unit/relay_scene.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>

using namespace outboxd;
using namespace outboxd::testing;
using Outcome = scheduler::DeliveryReport::Outcome;
namespace relay = scheduler::relay;

namespace {

Ids range(std::int64_t first, std::size_t count) {
    Ids ids(count);
    std::iota(ids.begin(), ids.end(), first);
    return ids;
}

// Lane 3, whose last look brought 1,000 rows within 50 ms, all of them settled; nothing is under way.
struct Busy : BareRelay {
    Busy() {
        now += std::chrono::hours{1};
        tell(relay::LaneTaken{{3, "me"}});
        for (std::int64_t first = 1; first < 4000; first += 1000) {
            answerRead(reads.back(), range(first, 1000));
            accepted(produced.back());
            delivered(produced.back());
            now += 100ms;
            tell(relay::Tick{});
            marked(marks.back());
            tell(relay::Probed{{{3, 0, first + 1000}}});
        }
        answerRead(reads.back(), {});
        tell(relay::Probed{});
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_relay_rhythm)

BOOST_AUTO_TEST_CASE(an_idle_relay_does_nothing_but_probe_each_poll_interval) {
    RelayScene scene;
    scene.run(1s);
    auto& rules = scene.node.rules();
    std::size_t probes = 0, others = 0, ticks = 0;
    const auto end = scene.clock.now() + 1s;
    while (scene.clock.now() < end) {
        scene.clock.advance(rules.nextTick(scene.clock.now()) - scene.clock.now());
        ++ticks;
        for (const auto& action : rules.step(relay::Tick{}, scene.clock.now())) {
            if (std::holds_alternative<relay::ProbeLanes>(action)) {
                ++probes;
                for (const auto& more : rules.step(relay::Probed{}, scene.clock.now()))
                    others += more.index() + 1;
            } else {
                ++others;
            }
        }
    }
    BOOST_TEST(probes <= 21u);
    BOOST_TEST(ticks <= 25u);
    BOOST_TEST(others == 0u);
}

BOOST_AUTO_TEST_CASE(when_little_comes_each_ring_is_looked_after_at_once) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.back(), {});
    relay.tell(relay::Probed{});
    for (std::int64_t id = 1; id < 20; ++id) {
        relay.now += 1ms;
        BOOST_REQUIRE(BareRelay::count<relay::ProbeLanes>(relay.tell(relay::Doorbell{})) == 1u);
        relay.tell(relay::Probed{{{3, id, id}}});
        BOOST_REQUIRE(relay.reads.size() == static_cast<std::size_t>(id + 1));
        relay.answerRead(relay.reads.back(), {id});
        relay.accepted(relay.produced.back());
        relay.delivered(relay.produced.back());
        if (!relay.marks.empty() && id % 5 == 0) relay.marked(relay.marks.back());
    }
}

BOOST_AUTO_TEST_CASE(when_much_comes_looks_are_spaced) {
    Busy relay;
    BOOST_TEST(BareRelay::count<relay::ProbeLanes>(relay.tickAfter(2ms)) == 0u);
    BOOST_REQUIRE(BareRelay::count<relay::ProbeLanes>(relay.tell(relay::Doorbell{})) == 1u);
    relay.tell(relay::Probed{{{3, 1, 5001}}});
    const auto reads = relay.reads.size();
    relay.answerRead(relay.reads.back(), range(5001, 500));
    relay.accepted(relay.produced.back());
    BOOST_TEST(BareRelay::count<relay::ProbeLanes>(relay.tell(relay::Doorbell{})) == 0u);
    BOOST_TEST((relay.rules.nextTick(relay.now) <= relay.now + 2ms));
    BOOST_TEST(BareRelay::count<relay::ProbeLanes>(relay.tickAfter(2ms)) == 1u);
    BOOST_TEST(relay.reads.size() == reads);
}

BOOST_AUTO_TEST_CASE(a_lane_is_not_read_again_within_the_spacing_unless_a_batch_waits) {
    Busy relay;
    relay.tickAfter(2ms);
    relay.tell(relay::Doorbell{});
    relay.tell(relay::Probed{{{3, 1, 9999}}});
    auto reads = relay.reads.size();
    relay.answerRead(relay.reads.back(), range(5001, 2000), true);
    relay.accepted(relay.produced.back());
    BOOST_TEST(relay.reads.size() == ++reads); // at once: more was waiting
    relay.answerRead(relay.reads.back(), range(7001, 100));
    relay.accepted(relay.produced.back());
    relay.tickAfter(1ms);
    relay.tell(relay::Probed{{{3, 1, 9999}}});
    BOOST_TEST(relay.reads.size() == reads);
    relay.tickAfter(1ms);
    BOOST_TEST(relay.reads.size() == reads + 1);
}

BOOST_AUTO_TEST_CASE(reads_grow_while_whole_batches_wait) {
    relay::Settings settings;
    settings.batchSize = 10;
    settings.largestBatch = 30;
    BareRelay relay(settings);
    relay.tell(relay::LaneTaken{{3, "me"}});
    BOOST_TEST(relay.reads.back().limit == 10u);
    relay.answerRead(relay.reads.back(), range(1, 10), true);
    relay.accepted(relay.produced.back());
    BOOST_TEST(relay.reads.back().limit == 20u);
    relay.answerRead(relay.reads.back(), range(11, 20), true);
    relay.accepted(relay.produced.back());
    BOOST_TEST(relay.reads.back().limit == 30u);
    relay.answerRead(relay.reads.back(), range(31, 7));
    relay.accepted(relay.produced.back());
    relay.tickAfter(50ms);
    relay.tell(relay::Probed{{{3, 1, 50}}});
    BOOST_TEST(relay.reads.back().limit == 10u);
}

BOOST_AUTO_TEST_CASE(a_mark_waits_from_the_first_row_not_from_the_last) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.back(), {1, 2});
    relay.accepted(relay.produced.back());
    relay.report(relay.produced.back().records.at(0).token, Outcome::delivered);
    relay.tickAfter(95ms);
    relay.report(relay.produced.back().records.at(1).token, Outcome::delivered);
    relay.tickAfter(5ms);
    BOOST_TEST(relay.marks.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_full_batch_is_marked_at_once_and_less_has_some_patience) {
    Busy relay;
    relay.tickAfter(2ms);
    relay.tell(relay::Doorbell{});
    relay.tell(relay::Probed{{{3, 1, 9999}}});
    relay.answerRead(relay.reads.back(), range(5001, 2500));
    relay.accepted(relay.produced.back());
    const auto marks = relay.marks.size();
    relay::Reported some;
    for (std::size_t i = 0; i < 1999; ++i)
        some.reports.push_back({relay.produced.back().records.at(i).token, Outcome::delivered, {}});
    relay.tell(some);
    relay.tickAfter(99ms);
    BOOST_TEST(relay.marks.size() == marks);
    relay.report(relay.produced.back().records.at(1999).token, Outcome::delivered);
    BOOST_REQUIRE(relay.marks.size() == marks + 1); // a full batch waits for nothing
    BOOST_TEST(relay.marks.back().settled == range(5001, 2000));
    relay.marked(relay.marks.back());
    relay.report(relay.produced.back().records.at(2000).token, Outcome::delivered);
    relay.tickAfter(99ms);
    BOOST_TEST(relay.marks.size() == marks + 1);
    relay.tickAfter(1ms);
    BOOST_TEST(relay.marks.size() == marks + 2);
}

BOOST_AUTO_TEST_CASE(the_last_rows_of_many_are_marked_at_once) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.back(), range(1, 250), true);
    relay.accepted(relay.produced.back());
    relay::Reported all;
    for (const auto& record : relay.produced.back().records)
        all.reports.push_back({record.token, Outcome::delivered, {}});
    relay.tell(all);
    BOOST_TEST(relay.marks.empty()); // more rows wait behind them
    relay.answerRead(relay.reads.back(), {});
    BOOST_REQUIRE(relay.marks.size() == 1u);
    BOOST_TEST(relay.marks.back().settled == range(1, 250));
}

BOOST_AUTO_TEST_CASE(a_mark_waits_for_the_gap_between_its_rows_to_close) {
    Busy relay;
    relay.tickAfter(2ms);
    relay.tell(relay::Doorbell{});
    relay.tell(relay::Probed{{{3, 1, 9999}}});
    relay.answerRead(relay.reads.back(), range(5001, 3000));
    relay.accepted(relay.produced.back());
    const auto marks = relay.marks.size();
    const auto& sent = relay.produced.back().records;
    relay::Reported behind;
    for (std::size_t i = 500; i < 2900; ++i)
        behind.reports.push_back({sent.at(i).token, Outcome::delivered, {}});
    relay.tell(behind);
    BOOST_TEST(relay.marks.size() == marks); // more than a batch, with others before it
    relay::Reported before;
    for (std::size_t i = 0; i < 500; ++i)
        before.reports.push_back({sent.at(i).token, Outcome::delivered, {}});
    relay.tell(before);
    BOOST_REQUIRE(relay.marks.size() == marks + 1);
    BOOST_TEST(relay.marks.back().settled == range(5001, 2900));
}

BOOST_AUTO_TEST_CASE(looks_come_soon_after_something_came_and_ever_later_while_nothing_does) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.back(), {});
    relay.tell(relay::Probed{{{3, 7, 7}}});
    relay.answerRead(relay.reads.back(), {7});
    relay.accepted(relay.produced.back());
    Ids waits; // in milliseconds
    for (int i = 0; i < 8; ++i) {
        waits.push_back(1);
        while (BareRelay::count<relay::ProbeLanes>(relay.tickAfter(1ms)) == 0) ++waits.back();
        relay.tell(relay::Probed{});
    }
    BOOST_TEST(waits == (Ids{1, 2, 4, 8, 16, 32, 50, 50}));
}

BOOST_AUTO_TEST_CASE(during_a_drain_reads_tell_what_probes_would) {
    Busy relay;
    relay.tickAfter(2ms);
    relay.tell(relay::Doorbell{});
    relay.tell(relay::Probed{{{3, 1, 99999}}}); // a read is under way
    BOOST_TEST(BareRelay::count<relay::ProbeLanes>(relay.tickAfter(5ms)) == 0u);
    relay.answerRead(relay.reads.back(), range(5001, 100), true); // and more waits
    BOOST_TEST(BareRelay::count<relay::ProbeLanes>(relay.tickAfter(5ms)) == 0u);
    relay.accepted(relay.produced.back());
    const auto last = relay.answerRead(relay.reads.back(), range(5101, 100));
    BOOST_TEST(BareRelay::count<relay::ProbeLanes>(last) == 1u);
}

BOOST_AUTO_TEST_CASE(a_count_of_the_queue_shows_a_late_commit_between_known_rows) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.back(), {5, 9});
    relay.accepted(relay.produced.back());
    relay.tell(relay::Probed{{{3, 5, 9, false, 2}}});
    const auto reads = relay.reads.size();
    relay.tickAfter(1ms);
    relay.tell(relay::Probed{{{3, 5, 9, false, 2}}});
    BOOST_TEST(relay.reads.size() == reads);
    relay.tickAfter(1ms);
    relay.tell(relay::Probed{{{3, 5, 9, false, 3}}});
    BOOST_TEST(relay.reads.size() == reads + 1);
}

BOOST_AUTO_TEST_CASE(while_much_is_in_hand_a_read_waits_for_room_that_is_worth_it) {
    relay::Settings settings;
    settings.batchSize = 10;
    settings.maxInFlightRows = 12;
    BareRelay relay(settings);
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.back(), range(1, 10), true);
    relay.accepted(relay.produced.back());
    BOOST_TEST(relay.reads.size() == 1u); // room for two
    relay.report(relay.produced.back().records.at(0).token, Outcome::delivered);
    relay.tickAfter(100ms);
    BOOST_REQUIRE(relay.marks.size() == 1u);
    relay.marked(relay.marks.back());
    BOOST_REQUIRE(relay.reads.size() == 2u);
    BOOST_TEST(relay.reads.back().limit == 3u);
}

// Rows that wait for their mark take the room of those that could be read.
BOOST_AUTO_TEST_CASE(a_lane_with_nothing_out_is_marked_at_once_when_there_is_no_room_left) {
    relay::Settings settings;
    settings.maxInFlightRows = 10;
    BareRelay relay(settings);
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.back(), range(1, 10), true);
    relay.accepted(relay.produced.back());
    relay.delivered(relay.produced.back());
    BOOST_REQUIRE(relay.marks.size() == 1u);
    relay.marked(relay.marks.back());
    BOOST_TEST(relay.reads.size() == 2u);
}

BOOST_AUTO_TEST_CASE(known_rows_are_said_to_be_queued_only_when_no_mark_may_have_taken_them_out) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.back(), range(1, 3));
    relay.accepted(relay.produced.back());
    const auto look = [&] {
        relay.tickAfter(50ms);
        relay.tell(relay::Probed{{{3, 1, 9}}});
        const auto known = relay.reads.back().known;
        relay.answerRead(relay.reads.back(), {});
        return known;
    };
    auto known = look();
    BOOST_TEST(known.ids == range(1, 3));
    BOOST_TEST(known.allQueued);
    relay.report(relay.produced.back().records.at(0).token, Outcome::delivered);
    relay.tickAfter(50ms);
    known = look();
    BOOST_REQUIRE(relay.marks.size() == 1u);
    BOOST_TEST(known.ids == range(1, 3));
    BOOST_TEST(!known.allQueued);                               // beside the mark
    relay.tell(relay::MarkFailed{3, relay.marks.back().epoch}); // it may have been done
    const auto reads = relay.reads.size();
    relay.tickAfter(199ms);
    relay.tell(relay::Probed{{{3, 1, 9}}});
    BOOST_TEST(relay.reads.size() == reads);
    relay.tickAfter(1ms);
    BOOST_REQUIRE(relay.marks.size() == 2u);
    BOOST_REQUIRE(relay.reads.size() == reads + 1);
    BOOST_TEST(!relay.reads.back().known.allQueued);
    relay.answerRead(relay.reads.back(), {});
    relay.marked(relay.marks.back());
    known = look();
    BOOST_TEST(known.ids == range(2, 2));
    BOOST_TEST(known.allQueued);
}

// A late row was found below one in flight, and not taken: the cursor goes back before it. Rows beyond the cursor would
// make up for late ones in a count of those below.
BOOST_AUTO_TEST_CASE(rows_beyond_the_cursor_are_not_among_the_known_ones) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.back(), {5, 20});
    relay.accepted(relay.produced.back());
    relay.tell(relay::Probed{{{3, 5, 30}}});
    relay.answerRead(relay.reads.back(), {7});
    const auto& late = relay.produced.back();
    relay.tell(relay::Produced{
        late.mode, late.lane, late.epoch, late.records, {scheduler::ProduceResult::Kind::full, {}}});
    relay.tickAfter(2ms);
    BOOST_TEST(relay.reads.back().cursor == 6);
    BOOST_TEST(relay.reads.back().known.ids == Ids{5});
    relay.answerRead(relay.reads.back(), {7, 20});
    BOOST_REQUIRE(relay.produced.back().records.size() == 1u); // the other one is in flight already
    BOOST_TEST(relay.produced.back().records.at(0).record.id == 7);
}

BOOST_AUTO_TEST_CASE(a_lane_with_many_rows_is_not_read_beside_its_mark) {
    BareRelay relay;
    relay.tell(relay::LaneTaken{{3, "me"}});
    relay.answerRead(relay.reads.back(), range(1, 1000), true);
    relay.accepted(relay.produced.back());
    relay.answerRead(relay.reads.back(), range(1001, 10), true); // read on at once
    relay.report(relay.produced.back().records.at(0).token, Outcome::delivered);
    relay.tickAfter(100ms);
    BOOST_REQUIRE(relay.marks.size() == 1u);
    const auto reads = relay.reads.size();
    relay.accepted(relay.produced.back()); // now it could be read
    BOOST_TEST(relay.reads.size() == reads);
    relay.marked(relay.marks.back());
    BOOST_TEST(relay.reads.size() == reads + 1);
    BOOST_TEST(relay.reads.back().known.allQueued);
}

BOOST_AUTO_TEST_SUITE_END()
