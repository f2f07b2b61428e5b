// What a lane remembers of owners that died on it, and which nodes share the lanes.
#include "scheduler/mysql/relay_peers.hpp"
#include "tests/integration/control_stage.hpp"
#include "tests/support/error_of.hpp"

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using Stage = ControlStage;

namespace {

struct Memory : Stage {
    Memory() { first = db.write("k"), lane = db.laneOf(first); }
    // A new owner after the former one died, or after it left.
    scheduler::LaneCare enter(const std::string& holder) {
        db.expire(lane);
        term = db.hold(lane, holder);
        return control.enter(term);
    }
    void send(std::int64_t id) {
        BOOST_REQUIRE(db.source.mark(term, std::span{&id, 1}, {}) == MarkResult::marked);
    }
    std::int64_t first = 0;
    Lane lane = 0;
    LaneTerm term;
};

} // namespace

BOOST_AUTO_TEST_SUITE(lane_memory)

BOOST_AUTO_TEST_CASE(the_fourth_owner_is_careful_when_three_died_on_the_same_first_event) {
    Memory lane;
    BOOST_TEST(!lane.enter("a").careful);
    BOOST_TEST(!lane.enter("b").careful);
    BOOST_TEST(!lane.enter("c").careful);
    const auto care = lane.enter("d");
    BOOST_TEST(care.careful);
    BOOST_TEST(!care.condemned.has_value());
}

BOOST_AUTO_TEST_CASE(owners_that_got_further_before_they_died_are_no_reason_for_care) {
    Memory lane;
    for (int i = 0; i < 10; ++i) {
        const auto next = lane.db.write("k");
        BOOST_TEST(!lane.enter("owner-" + std::to_string(i)).careful);
        lane.send(lane.first);
        lane.first = next;
    }
}

BOOST_AUTO_TEST_CASE(owners_of_an_empty_lane_may_die_as_they_like) {
    Memory lane;
    lane.enter("a");
    lane.send(lane.first);
    for (int i = 0; i < 10; ++i) BOOST_TEST(!lane.enter("owner-" + std::to_string(i)).careful);
}

BOOST_AUTO_TEST_CASE(owners_that_left_in_good_order_blame_nothing) {
    Memory lane;
    for (int i = 0; i < 10; ++i) {
        BOOST_TEST(!lane.enter("owner-" + std::to_string(i)).careful);
        lane.control.leave(lane.term);
    }
}

BOOST_AUTO_TEST_CASE(a_lane_that_is_handed_on_without_progress_stays_careful) {
    Memory lane;
    for (const auto* owner : {"a", "b", "c", "d"}) lane.enter(owner);
    lane.control.leave(lane.term);
    BOOST_TEST(lane.enter("e").careful);
    lane.send(lane.first);
    lane.control.leave(lane.term);
    lane.db.write("k");
    BOOST_TEST(!lane.enter("f").careful);
}

BOOST_AUTO_TEST_CASE(an_event_in_hand_when_two_careful_owners_died_is_condemned) {
    Memory lane;
    for (const auto* owner : {"a", "b", "c", "d"}) lane.enter(owner);
    BOOST_TEST((lane.control.note(lane.term, lane.first) == MarkResult::marked));
    auto care = lane.enter("e");
    BOOST_TEST(care.careful);
    BOOST_TEST(!care.condemned.has_value());
    lane.control.note(lane.term, lane.first);
    care = lane.enter("f");
    BOOST_TEST((care.condemned == lane.first));
    BOOST_TEST(
        (lane.control.enter(lane.term).condemned == lane.first)); // the answer to the first call was lost
}

BOOST_AUTO_TEST_CASE(an_event_that_was_long_in_hand_when_its_owner_died_is_not_condemned) {
    Memory lane;
    for (const auto* owner : {"a", "b", "c", "d", "e", "f", "g"}) {
        const auto care = lane.enter(owner);
        BOOST_TEST(!care.condemned.has_value());
        lane.control.note(lane.term, lane.first);
        lane.db.run("UPDATE outbox_lane SET trying_since = UTC_TIMESTAMP(6) - INTERVAL 31 SECOND");
        lane.control.note(lane.term, lane.first); // tried again by the same owner: it lives
    }
}

// Nobody could take the lane over at once. What counts is when the owner fell silent.
BOOST_AUTO_TEST_CASE(the_time_of_death_is_the_last_sign_of_life_of_the_owners_node) {
    for (const bool diedSoon : {true, false}) {
        Memory lane;
        lane.db.run("INSERT INTO node (name, incarnation, roles, version, started_at, heartbeat) "
                    "VALUES ('n', 'i', 'relay', '1', '2001-01-01', UTC_TIMESTAMP(6))");
        for (const auto* owner : {"a", "b", "c", "n:1:x"}) lane.enter(owner);
        for (const auto* next : {"n:2:y", "n:3:z"}) {
            lane.control.note(lane.term, lane.first);
            lane.db.run("UPDATE outbox_lane SET trying_since = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR");
            lane.db.run(diedSoon ? "UPDATE node SET relay_at = UTC_TIMESTAMP(6) - INTERVAL 3590 SECOND"
                                 : "UPDATE node SET relay_at = UTC_TIMESTAMP(6) - INTERVAL 10 SECOND");
            lane.enter(next);
        }
        BOOST_TEST(lane.control.enter(lane.term).condemned.has_value() == diedSoon);
    }
}

BOOST_AUTO_TEST_CASE(an_event_that_is_no_longer_queued_is_not_condemned) {
    Memory lane;
    lane.db.write("k");
    for (const auto* owner : {"a", "b", "c", "d", "e", "f"}) {
        lane.enter(owner);
        lane.control.note(lane.term, lane.first);
        if (*owner == 'd') lane.send(lane.first);
    }
    BOOST_TEST(!lane.enter("g").condemned.has_value());
}

BOOST_AUTO_TEST_CASE(another_event_in_hand_begins_a_count_of_its_own) {
    Memory lane;
    const auto second = lane.db.write("k");
    for (const auto* owner : {"a", "b", "c", "d"}) lane.enter(owner);
    lane.control.note(lane.term, lane.first);
    lane.enter("e");
    lane.control.note(lane.term, lane.first);
    lane.control.note(lane.term, second);
    BOOST_TEST(!lane.enter("f").condemned.has_value());
}

BOOST_AUTO_TEST_CASE(what_an_operator_redrives_is_tried_as_if_nothing_had_happened) {
    Memory lane;
    for (const auto* owner : {"a", "b", "c", "d"}) lane.enter(owner);
    for (const auto* owner : {"e", "f"}) {
        lane.control.note(lane.term, lane.first);
        lane.enter(owner);
    }
    lane.hold(lane.term, lane.first, "k", HeldRecord::State::failed);
    lane.order(lane.lane, "REDRIVE", "k");
    lane.runAll(lane.term);
    lane.control.leave(lane.term);
    const auto care = lane.enter("g");
    BOOST_TEST(!care.careful);
    BOOST_TEST(!care.condemned.has_value());
}

BOOST_AUTO_TEST_CASE(a_former_owner_notes_and_leaves_nothing) {
    Memory lane;
    lane.enter("a");
    const auto former = lane.term;
    lane.enter("b");
    BOOST_TEST((lane.control.note(former, lane.first) == MarkResult::lost));
    lane.control.leave(former);
    BOOST_TEST(lane.db.value("SELECT CONCAT(holder, trying IS NULL) FROM outbox_lane") == "b1");
    const auto error = errorOf([&] { lane.control.enter(former); });
    BOOST_TEST(lane.db.value("SELECT holder FROM outbox_lane") == "b");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(relay_peers)

BOOST_AUTO_TEST_CASE(nodes_see_each_other_until_they_fall_silent_or_withdraw) {
    OutboxDatabase db;
    const auto add = [&](const std::string& name) {
        db.run("INSERT INTO node (name, incarnation, roles, version, started_at, heartbeat) VALUES ('" +
               name + "', 'i', 'relay', '1', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))");
        return std::make_unique<scheduler::mysql::MysqlRelayPeers>(db.database, name, "i", 5s);
    };
    const auto b = add("b"), a = add("a"), c = add("c");
    add("jobs-only");
    using Names = std::vector<std::string>;
    BOOST_TEST(a->alive() == Names{}, boost::test_tools::per_element());
    for (const auto* node : {&a, &b, &c}) (*node)->beat();
    BOOST_TEST(a->alive() == (Names{"a", "b", "c"}), boost::test_tools::per_element());
    c->withdraw();
    db.run("UPDATE node SET relay_at = UTC_TIMESTAMP(6) - INTERVAL 6 SECOND WHERE name = 'b'");
    BOOST_TEST(a->alive() == Names{"a"}, boost::test_tools::per_element());
    scheduler::mysql::MysqlRelayPeers(db.database, "a", "former process", 5s).withdraw();
    BOOST_TEST(a->alive() == Names{"a"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
