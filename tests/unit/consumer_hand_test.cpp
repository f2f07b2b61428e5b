// How records in hand are worked off: tries, dead letters, what waits for what.
#include "tests/unit/hand_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using Kind = scheduler::Verdict::Kind;

BOOST_FIXTURE_TEST_SUITE(consumer_hand, HandScene)

BOOST_AUTO_TEST_CASE(what_is_done_and_what_is_ignored_is_finished) {
    listener.answer("b", {Kind::ignored});
    take({"a", "b", "c"});
    settle();
    BOOST_TEST(committable() == 3);
    BOOST_TEST(figures().done == 2u);
    BOOST_TEST(figures().ignored == 1u);
    BOOST_TEST(hand().size() == 0u);
    BOOST_TEST(hand().bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(
    a_record_that_fails_is_tried_three_times_at_growing_intervals_and_then_is_a_dead_letter) {
    listener.always("sick", Kind::failed);
    take({"sick", "well"});
    settle();
    BOOST_TEST(listener.handled() == Keys{"well"}, boost::test_tools::per_element());
    after(99ms);
    BOOST_TEST(listener.calls().size() == 1u);
    after(1ms);
    BOOST_TEST(listener.calls().size() == 2u);
    BOOST_TEST(listener.calls().back() == Keys{"sick"}, boost::test_tools::per_element());
    after(499ms);
    BOOST_TEST(listener.calls().size() == 2u);
    BOOST_TEST(box.letters().empty());
    BOOST_TEST(committable() == 0); // not past it, though the next one is done
    after(1ms);
    BOOST_TEST(listener.calls().size() == 3u);
    BOOST_REQUIRE(box.letters().size() == 1u);
    BOOST_TEST(box.letters()[0].record.key == "sick");
    BOOST_TEST(box.letters()[0].attempts == 3);
    BOOST_TEST(!box.letters()[0].permanent);
    BOOST_TEST(box.letters()[0].error == "as the test says");
    BOOST_TEST(committable() == 2);
    BOOST_TEST(figures().failed == 3u);
    BOOST_TEST(figures().letters == 1u);
    BOOST_TEST(logger.said("dead_letter listener=fake topic=t partition=0 offset=0"));
}

BOOST_AUTO_TEST_CASE(a_record_that_recovers_within_its_tries_leaves_no_letter) {
    listener.answer("k", {Kind::failed, Kind::failed});
    take(Keys{"k"});
    settle();
    after(100ms);
    after(500ms);
    BOOST_TEST(listener.handled() == Keys{"k"}, boost::test_tools::per_element());
    BOOST_TEST(box.letters().empty());
    BOOST_TEST(committable() == 1);
}

BOOST_AUTO_TEST_CASE(later_records_of_the_key_wait_while_one_is_tried_and_are_parked_behind_its_letter) {
    listener.always("k", Kind::failed);
    take({"k", "k", "other", "k"});
    settle();
    take(Keys{"k"}); // of a later batch
    settle();
    BOOST_TEST(listener.handled() == Keys{"other"}, boost::test_tools::per_element());
    BOOST_TEST(listener.calls().size() == 1u);
    after(100ms);
    // The listener sees those that follow in the same batch, and defers them: that is no try of theirs.
    after(500ms);
    BOOST_REQUIRE(box.letters().size() == 1u);
    BOOST_TEST(box.letters()[0].record.offset == 0);
    BOOST_TEST(box.parked().size() == 3u);
    BOOST_TEST(figures().parked == 3u);
    BOOST_TEST(figures().deferred == 0u);
    BOOST_TEST(committable() == 5);
}

BOOST_AUTO_TEST_CASE(an_independent_listener_blocks_and_parks_nothing) {
    FakeListener free(true);
    made.emplace(free, box, clock, logger, settings, scheduler::ConsumerHand::Calls{});
    box.block("k"); // of another life
    free.answer("k", {Kind::failed});
    take({"k", "k"});
    settle();
    BOOST_TEST(free.handled().size() == 1u);
    after(100ms);
    BOOST_TEST(free.handled().size() == 2u);
    free.always("k", Kind::refused);
    take(Keys{"k"});
    settle();
    BOOST_TEST(box.parked().empty());
    BOOST_TEST(box.letters().size() == 1u);
    free.always("k", {});
    take(Keys{"k"});
    settle();
    BOOST_TEST(free.handled().size() == 3u);
}

BOOST_AUTO_TEST_CASE(records_without_a_key_have_no_order) {
    listener.answer("", {Kind::failed});
    take({"", ""});
    settle();
    take({"", ""});
    settle();
    BOOST_TEST(listener.handled().size() >= 2u);
    BOOST_TEST(hand().size() <= 2u);
    after(100ms);
    BOOST_TEST(listener.handled().size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_refused_record_is_a_permanent_letter_at_once_with_its_bytes) {
    auto bad = record("bad", 7, 3);
    bad.payload = std::string("\0\xff{", 3);
    bad.headers = {{"id", "x"}};
    takeRecords({bad, record("good")});
    settle();
    BOOST_REQUIRE(box.letters().size() == 1u);
    const auto letter = box.letters()[0];
    BOOST_TEST(letter.permanent);
    BOOST_TEST(letter.attempts == 1);
    BOOST_TEST(*letter.record.payload == *bad.payload);
    BOOST_TEST(letter.record.headers.size() == 1u);
    BOOST_TEST(committable() == 2);
    BOOST_TEST(figures().refused == 1u);
}

BOOST_AUTO_TEST_CASE(a_deferred_record_is_asked_again_for_as_long_as_it_takes_and_writes_nothing) {
    listener.always("k", Kind::deferred);
    take({"k", "other"});
    settle();
    std::vector<std::chrono::microseconds> times;
    for (std::size_t calls = listener.calls().size(); times.size() < 9;) {
        after(10ms);
        if (listener.calls().size() == calls) continue;
        calls = listener.calls().size();
        times.push_back(clock.now().time_since_epoch());
    }
    const std::vector<std::chrono::microseconds> expected{50ms,   150ms,  350ms,  750ms, 1550ms,
                                                          3150ms, 5150ms, 7150ms, 9150ms};
    for (std::size_t i = 0; i < expected.size(); ++i) BOOST_CHECK(times.at(i) == expected.at(i));
    BOOST_TEST(committable() == 0);
    BOOST_TEST(box.letters().empty());
    BOOST_TEST(figures().failed == 0u);
    BOOST_TEST(figures().deferred == 10u);
    listener.always("k", {});
    after(2000ms);
    BOOST_TEST(committable() == 2);
}

BOOST_AUTO_TEST_CASE(the_first_deferred_record_that_goes_through_calls_the_others) {
    listener.answer("a", {Kind::deferred, Kind::deferred});
    listener.answer("b", {Kind::deferred, Kind::deferred, Kind::deferred});
    listener.always("c", Kind::deferred);
    take({"a", "b", "c"});
    settle();
    after(50ms);
    BOOST_TEST(listener.handled().empty());
    listener.always("c", {});
    after(100ms); // a is done; b is put off once more, and called at once
    BOOST_TEST(listener.handled().size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_deferred_record_holds_up_its_key_alone) {
    listener.always("k", Kind::deferred);
    take({"k", "a"});
    settle();
    for (int i = 0; i < 3; ++i) {
        take({"k", "b"});
        settle();
    }
    BOOST_TEST(listener.handled() == (Keys{"a", "b", "b", "b"}), boost::test_tools::per_element());
    BOOST_TEST(hand().size() == 4u);
    listener.always("k", {});
    after(2000ms);
    BOOST_TEST(hand().size() == 0u);
    BOOST_TEST(committable() == 8);
}

BOOST_AUTO_TEST_CASE(an_outage_costs_no_tries_and_no_letters) {
    listener.goDown();
    take({"a", "b"});
    for (int i = 0; i < 20; ++i) after(2000ms);
    BOOST_TEST(listener.calls().size() >= 20u);
    BOOST_TEST(box.letters().empty());
    BOOST_TEST(figures().failed == 0u);
    BOOST_TEST(hand().troubles() >= 20u);
    BOOST_TEST(logger.said("consumer_trouble listener=fake doing=handling"));
    listener.comeBack();
    after(2000ms);
    BOOST_TEST(listener.handled() == (Keys{"a", "b"}), boost::test_tools::per_element());
    BOOST_TEST(logger.said("consumer_works_again"));
    BOOST_TEST(committable() == 2);
}

BOOST_AUTO_TEST_CASE(a_missing_privilege_is_an_outage_too) {
    listener.poison("b", core::ErrorKind::misconfigured);
    take({"a", "b"});
    for (int i = 0; i < 20; ++i) after(2000ms);
    BOOST_TEST(box.letters().empty());
    listener.cure();
    after(2000ms);
    BOOST_TEST(listener.handled().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_batch_that_throws_is_split_until_the_record_at_fault_is_alone) {
    Keys keys;
    for (int i = 0; i < 100; ++i) keys.push_back("k" + std::to_string(i));
    listener.poison("k37");
    take(keys);
    settle();
    BOOST_TEST(listener.handled().size() == 99u); // all others, without a wait
    BOOST_TEST(listener.calls().size() < 40u);
    BOOST_TEST(box.letters().empty());
    BOOST_TEST(committable() == 37);
    const auto before = listener.calls().size();
    take(Keys{"more"});
    after(100ms);
    after(500ms);
    BOOST_TEST(listener.calls().size() == before + 3); // it is not mixed with others again
    BOOST_REQUIRE(box.letters().size() == 1u);
    BOOST_TEST(box.letters()[0].record.key == "k37");
    BOOST_TEST(box.letters()[0].error == "it cannot digest k37");
    BOOST_TEST(committable() == 101);
    BOOST_TEST(figures().failed == 3u);
    BOOST_TEST(hand().troubles() == 0u);
}

BOOST_AUTO_TEST_CASE(a_listener_that_forgets_a_verdict_is_at_fault_with_each_record) {
    class Forgetful final : public scheduler::Listener {
    public:
        std::string_view name() const override { return "forgetful"; }
        std::vector<scheduler::Verdict> handle(std::span<const scheduler::Delivery>) override { return {}; }
    } forgetful;
    made.emplace(forgetful, box, clock, logger, settings, scheduler::ConsumerHand::Calls{});
    take({"a", "b"});
    settle();
    after(100ms);
    after(500ms);
    BOOST_TEST(box.letters().size() == 2u);
}

BOOST_AUTO_TEST_CASE(no_call_takes_more_than_the_listener_asks_for) {
    class Small final : public scheduler::Listener {
    public:
        std::string_view name() const override { return "small"; }
        std::size_t batch() const override { return 3; }
        std::vector<scheduler::Verdict> handle(std::span<const scheduler::Delivery> batch) override {
            most = std::max(most, batch.size());
            return std::vector<scheduler::Verdict>(batch.size());
        }
        std::size_t most = 0;
    } small;
    made.emplace(small, box, clock, logger, settings, scheduler::ConsumerHand::Calls{});
    take({"a", "b", "c", "d", "e", "f", "g"});
    settle();
    BOOST_TEST(small.most == 3u);
    BOOST_TEST(committable() == 7);
}

BOOST_AUTO_TEST_CASE(a_letter_that_cannot_be_written_is_tried_for_ever_and_nothing_is_committed) {
    box.block("x"); // so that there is nothing else to do
    take({"bad", "bad"});
    hand().step(); // refused
    box.goDown();
    for (int i = 0; i < 10; ++i) after(2000ms);
    BOOST_TEST(box.refusals() >= 10);
    BOOST_TEST(committable() == 0);
    BOOST_TEST(logger.said("doing=writing dead letters"));
    box.comeBack();
    after(2000ms);
    BOOST_TEST(box.letters().size() == 1u);
    BOOST_TEST(box.parked().size() == 1u);
    BOOST_TEST(committable() == 2);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_asked_for_parking_is_not_handled) {
    box.goDown();
    take(Keys{"a"});
    for (int i = 0; i < 5; ++i) after(2000ms);
    BOOST_TEST(listener.calls().empty());
    box.comeBack();
    after(2000ms);
    BOOST_TEST(listener.handled().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_blocked_is_parked_without_a_call) {
    box.block("k");
    take({"k", "a", "k"});
    settle();
    BOOST_TEST(listener.handled() == Keys{"a"}, boost::test_tools::per_element());
    BOOST_TEST(box.parked().size() == 2u);
    box.release("k");
    take(Keys{"k"});
    settle();
    BOOST_TEST(listener.handled() == (Keys{"a", "k"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_let_go_writes_no_letters) {
    listener.always("k", Kind::failed);
    take({"k", "k"});
    settle();
    after(100ms);
    hand().drop({1});
    after(10'000ms);
    BOOST_TEST(box.letters().empty());
    BOOST_TEST(listener.calls().size() == 2u);
    BOOST_TEST(hand().size() == 0u);
    BOOST_TEST(hand().bytes() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
