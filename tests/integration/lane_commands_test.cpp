// What operators order, executed by the owner of a lane.
#include "sql/outbox_control.hpp"
#include "tests/integration/control_stage.hpp"

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::LaneCommand;
using scheduler::mysql::MysqlLaneControl;
using Stage = ControlStage;
using Kind = LaneCommand::Kind;

namespace {

std::string text(std::initializer_list<std::int64_t> ids) {
    std::string all;
    for (const auto id : ids) all += (all.empty() ? "" : ",") + std::to_string(id);
    return all;
}

// A key with a failed head, two parked rows behind it, and a row of another key of the same lane.
struct HeldKey : Stage {
    HeldKey() {
        for (auto* id : {&head, &second, &third}) *id = db.write("k");
        term = db.hold(db.laneOf(head));
        hold(term, head, "k", HeldRecord::State::failed);
        hold(term, second, "k", HeldRecord::State::parked);
        hold(term, third, "k", HeldRecord::State::parked);
        BOOST_REQUIRE(queued().empty());
    }
    std::int64_t head = 0, second = 0, third = 0;
    LaneTerm term;
};

// A key with `rows` events, all held, the first one FAILED.
struct LongKey : Stage {
    explicit LongKey(int rows) {
        head = db.write("k");
        term = db.hold(db.laneOf(head));
        db.run("INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, order_key, type) SELECT "
               "UNHEX(LPAD(HEX(seq), 32, '0')), 'thing', 'k', 'k', 'Changed' FROM seq_2_to_" +
               std::to_string(rows));
        db.run("INSERT INTO outbox_held (id, lane, order_key, state) SELECT id, lane, 'k', IF(id = " +
               std::to_string(head) + ", 'FAILED', 'PARKED') FROM outbox_queue");
        db.run("DELETE FROM outbox_queue");
    }
    std::int64_t head = 0;
    LaneTerm term;
};

} // namespace

BOOST_AUTO_TEST_SUITE(lane_commands)

// By a command whose outcome the owner did not learn, the head of a key may leave while rows are judged to wait for it.
BOOST_AUTO_TEST_CASE(rows_parked_behind_nothing_are_ordered_back) {
    Stage stage;
    const auto row = stage.db.write("k"), later = stage.db.write("k");
    const auto term = stage.db.hold(stage.db.laneOf(row));
    stage.hold(term, row, "k", HeldRecord::State::parked);
    stage.hold(term, later, "k", HeldRecord::State::parked); // one order is enough
    BOOST_TEST(stage.db.value(
                   "SELECT GROUP_CONCAT(CONCAT_WS(' ', kind, order_key, lane, state)) FROM outbox_command") ==
               "REDRIVE k " + std::to_string(term.lane) + " PENDING");
    stage.runAll(term);
    BOOST_TEST(stage.queued() == text({row, later}));
    BOOST_TEST(stage.held().empty());
}

BOOST_AUTO_TEST_CASE(rows_parked_behind_one_that_failed_stay) {
    HeldKey stage;
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM outbox_command") == 0);
}

BOOST_AUTO_TEST_CASE(a_redrive_returns_the_whole_key_and_says_so) {
    HeldKey stage;
    const auto other = stage.db.write("k2"); // its held row is nobody's business
    const auto otherTerm =
        stage.db.laneOf(other) == stage.term.lane ? stage.term : stage.db.hold(stage.db.laneOf(other));
    stage.hold(otherTerm, other, "k2", HeldRecord::State::failed);
    const auto command = stage.order(stage.term.lane, "REDRIVE", "k");
    BOOST_TEST(stage.runAll(stage.term) == 1);
    BOOST_TEST(stage.queued() == text({stage.head, stage.second, stage.third}));
    BOOST_TEST(stage.held() == text({other}));
    BOOST_TEST(stage.outcome(command) == "DONE 3 me 1");
}

BOOST_AUTO_TEST_CASE(a_command_that_was_executed_has_no_effect_when_it_is_run_once_more) {
    HeldKey stage;
    const auto command = stage.order(stage.term.lane, "REDRIVE", "k");
    const auto found = stage.control.due(std::span{&stage.term.lane, 1}, 10);
    BOOST_REQUIRE(found.size() == 1u);
    BOOST_TEST((found[0].id == command && found[0].kind == Kind::redrive && found[0].orderKey == "k"));
    BOOST_TEST((stage.control.run(stage.term, found) == MarkResult::marked));
    stage.hold(stage.term, stage.head, "k", HeldRecord::State::failed);
    BOOST_TEST((stage.control.run(stage.term, found) == MarkResult::marked));
    BOOST_TEST(stage.held() == text({stage.head}));
    BOOST_TEST(stage.outcome(command) == "DONE 3 me 1");
}

BOOST_AUTO_TEST_CASE(a_former_owner_changes_nothing) {
    HeldKey stage;
    const auto command = stage.order(stage.term.lane, "REDRIVE", "k");
    const auto found = stage.control.due(std::span{&stage.term.lane, 1}, 10);
    stage.db.expire(stage.term.lane);
    BOOST_TEST((stage.control.run(stage.term, found) == MarkResult::lost));
    BOOST_TEST(stage.queued().empty());
    BOOST_TEST(stage.outcome(command) == "PENDING 0");
    const auto next = stage.db.hold(stage.term.lane, "next");
    BOOST_TEST(stage.runAll(next) == 1);
    BOOST_TEST(stage.outcome(command) == "DONE 3 next 1");
}

BOOST_AUTO_TEST_CASE(discarding_the_failed_row_returns_what_waited_behind_it) {
    HeldKey stage;
    const auto command = stage.order(stage.term.lane, "DISCARD", "k", text({stage.head, stage.head}));
    BOOST_TEST(stage.runAll(stage.term) == 1);
    BOOST_TEST(stage.queued() == text({stage.second, stage.third}));
    BOOST_TEST(stage.held().empty());
    BOOST_TEST(stage.outcome(command) == "DONE 1 me 1");
    BOOST_TEST(stage.db.value("SELECT status FROM outbox_status WHERE id = " + std::to_string(stage.head)) ==
               "SENT");
}

BOOST_AUTO_TEST_CASE(discarding_a_parked_row_leaves_the_key_held_behind_its_failed_one) {
    HeldKey stage;
    const auto command = stage.order(stage.term.lane, "DISCARD", "k", text({stage.second, stage.second}));
    stage.runAll(stage.term);
    BOOST_TEST(stage.queued().empty());
    BOOST_TEST(stage.held() == text({stage.head, stage.third}));
    BOOST_TEST(stage.outcome(command) == "DONE 1 me 1");
}

BOOST_AUTO_TEST_CASE(a_paused_row_holds_its_key_like_a_failed_one) {
    HeldKey stage;
    stage.db.run("UPDATE outbox_held SET state = 'PAUSED' WHERE id = " + std::to_string(stage.second));
    stage.order(stage.term.lane, "DISCARD", "k", text({stage.head, stage.head}));
    stage.runAll(stage.term);
    BOOST_TEST(stage.held() == text({stage.second, stage.third}));
    stage.order(stage.term.lane, "REDRIVE", "k");
    stage.runAll(stage.term);
    BOOST_TEST(stage.queued() == text({stage.second, stage.third}));
}

BOOST_AUTO_TEST_CASE(republishing_queues_sent_events_of_the_lane_and_only_those) {
    Stage stage;
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 40; ++i) ids.push_back(stage.db.write("key-" + std::to_string(i)));
    const auto lane = stage.db.laneOf(ids.back());
    const auto term = stage.db.hold(lane);
    const auto ofLane =
        stage.db.number("SELECT COUNT(*) FROM outbox_queue WHERE lane = " + std::to_string(lane));
    BOOST_REQUIRE(ofLane > 1);
    stage.hold(term, ids.back(), "key-39", HeldRecord::State::failed);
    stage.db.run("DELETE FROM outbox_queue"); // all others were sent
    const auto command = stage.order(lane, "REPUBLISH", "NULL", "1, 1000000000");
    stage.runAll(term);
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM outbox_queue") == ofLane - 1);
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM outbox_queue q JOIN outbox_event e USING (id) "
                               "WHERE q.lane = CRC32(e.order_key) & 15") == ofLane - 1);
    BOOST_TEST(stage.outcome(command) == "DONE " + std::to_string(ofLane - 1) + " me 1");
    stage.order(lane, "REPUBLISH", "NULL", "1, 1000000000"); // what is queued already stays as it is
    stage.runAll(term);
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM outbox_queue") == ofLane - 1);
}

BOOST_AUTO_TEST_CASE(a_sync_is_done_when_it_is_run) {
    Stage stage;
    const auto term = stage.db.hold(3);
    const auto command = stage.order(3, "SYNC");
    stage.runAll(term);
    BOOST_TEST(stage.outcome(command) == "DONE 0 me 1");
}

BOOST_AUTO_TEST_CASE(commands_are_found_when_they_are_due_of_the_lanes_asked_for_in_order_and_not_too_many) {
    Stage stage;
    const auto late = stage.order(2, "SYNC", "NULL", "NULL, NULL", 3600);
    const auto first = stage.order(2, "SYNC"), second = stage.order(2, "SYNC"),
               third = stage.order(5, "SYNC");
    stage.order(9, "SYNC");
    const std::vector<Lane> lanes{2, 5, 6};
    std::vector<std::int64_t> ids;
    for (const auto& command : stage.control.due(lanes, 10)) ids.push_back(command.id);
    BOOST_TEST(ids == (std::vector{first, second, third}), boost::test_tools::per_element());
    BOOST_TEST(stage.control.due(lanes, 1).size() == 2u);
    stage.db.run("UPDATE outbox_command SET not_before = UTC_TIMESTAMP(6) WHERE id = " +
                 std::to_string(late));
    ids.clear();
    for (const auto& command : stage.control.due(std::span(lanes).first(1), 10)) ids.push_back(command.id);
    BOOST_TEST(ids == (std::vector{late, first, second}), boost::test_tools::per_element());
}

// 12,000 held rows, and a row that is parked while they return.
BOOST_AUTO_TEST_CASE(a_key_with_many_held_rows_returns_in_steps_and_leaves_nothing_behind) {
    constexpr int kRows = 12'000;
    LongKey stage(kRows);
    const auto& term = stage.term;
    const auto command = stage.order(term.lane, "REDRIVE", "k");
    const auto found = stage.control.due(std::span{&term.lane, 1}, 10);
    stage.control.run(term, found);
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM outbox_queue") == MysqlLaneControl::kRowsAtOnce);
    BOOST_TEST(stage.db.number("SELECT MIN(id) FROM outbox_held") >
               stage.db.number("SELECT MAX(id) FROM outbox_queue"));
    const auto late = stage.db.write("k"); // read by the relay now: it waits behind the rest
    stage.hold(term, late, "k", HeldRecord::State::parked);
    stage.runAll(term);
    BOOST_TEST(stage.held().empty());
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM outbox_queue") == kRows + 1);
    BOOST_TEST(stage.outcome(command) == "DONE 5000 me 1");
    BOOST_TEST(
        stage.db.number("SELECT SUM(affected) FROM outbox_command WHERE order_id = 7 AND state = 'DONE'") ==
        kRows + 1);
}

BOOST_AUTO_TEST_CASE(a_row_that_fails_again_while_its_key_returns_does_not_make_the_order_endless) {
    LongKey stage(11'000);
    const auto& term = stage.term;
    const auto head = stage.head;
    stage.order(term.lane, "REDRIVE", "k");
    stage.control.run(term, stage.control.due(std::span{&term.lane, 1}, 10));
    stage.hold(term, head, "k", HeldRecord::State::failed);
    BOOST_TEST(stage.runAll(term) == 2);
    BOOST_TEST(stage.held() == text({head}));
}

BOOST_AUTO_TEST_CASE(a_discard_that_frees_many_rows_is_followed_by_a_redrive_of_the_same_order) {
    LongKey stage(8'000);
    const auto& term = stage.term;
    const auto head = stage.head;
    stage.order(term.lane, "DISCARD", "k", text({head, head}));
    stage.runAll(term);
    BOOST_TEST(stage.held().empty());
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM outbox_queue") == 7999);
    BOOST_TEST(stage.db.value(
                   "SELECT GROUP_CONCAT(kind, ' ', state, ' ', order_id ORDER BY id) FROM outbox_command") ==
               "DISCARD DONE 7,REDRIVE DONE 7");
}

BOOST_AUTO_TEST_CASE(looking_for_commands_touches_few_rows_however_many_wait_or_are_done) {
    Stage stage;
    stage.db.run(
        "INSERT INTO outbox_command (order_id, lane, kind, state, not_before) SELECT 1, seq MOD 16, 'SYNC', "
        "IF(seq <= 20000, 'DONE', 'PENDING'), UTC_TIMESTAMP(6) + INTERVAL IF(seq <= 20000, -1, 1) DAY "
        "FROM seq_1_to_40000");
    stage.db.database.session()->textQuery("ANALYZE TABLE outbox_command", [](auto) {});
    auto session = stage.db.database.session();
    std::string extra;
    session->textQuery("EXPLAIN " + std::string{sql::outbox_control::lanes_with_commands.text},
                       [&](auto row) { extra = std::string{row[9]}; });
    BOOST_TEST(extra.find("Using index for group-by") != std::string::npos, extra);
}

BOOST_AUTO_TEST_SUITE_END()
