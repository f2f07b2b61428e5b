// Orders of an operator as rows, on the real server.
#include "scheduler/mysql/topic_desk.hpp"
#include "sql/outbox_desk.hpp"
#include "tests/support/outbox_database.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::HeldFilter;
using scheduler::OrderTaken;
using scheduler::OrderTerms;
using scheduler::TopicChange;

namespace {

using Ids = std::vector<std::int64_t>;

struct DeskDatabase : OutboxDatabase {
    std::int64_t held(const std::string& key, const std::string& state, const std::string& error = {}) {
        const auto id = write(key);
        const auto text = std::to_string(id);
        run("INSERT INTO outbox_held (id, lane, order_key, state, attempts, error) SELECT id, lane, '" + key +
            "', '" + state + "', 1, " + (error.empty() ? "NULL" : "'" + error + "'") +
            " FROM outbox_queue WHERE id = " + text);
        run("DELETE FROM outbox_queue WHERE id = " + text);
        return id;
    }
    std::int64_t sent(const std::string& key) {
        const auto id = write(key);
        run("DELETE FROM outbox_queue WHERE id = " + std::to_string(id));
        return id;
    }
    // What owners of lanes would do.
    void commandsAreDone() { run("UPDATE outbox_command SET state = 'DONE', affected = 1"); }
    std::string commands() {
        return value(
            "SELECT COALESCE(GROUP_CONCAT(CONCAT_WS(' ', kind, order_key, event, up_to) ORDER BY id), '') "
            "FROM outbox_command");
    }
    scheduler::mysql::TopicOf topicOf = [](const std::string& type, const std::string&) {
        return "t." + type;
    };
    scheduler::mysql::MysqlOutboxDesk desk{database, topicOf};
    scheduler::mysql::MysqlTopicDesk topics{database, topicOf};
};

OrderTaken taken(const scheduler::OrderAnswer& answer) { return std::get<OrderTaken>(answer); }

const OrderTerms kNow{.reason = "because", .actor = "kim"};

} // namespace

BOOST_FIXTURE_TEST_SUITE(outbox_desk, DeskDatabase)

BOOST_AUTO_TEST_CASE(the_figures_count_by_lane_and_kind) {
    const auto id = write("a");
    const auto lane = laneOf(id);
    hold(lane, "node-1:7:u");
    held("b", "FAILED", "too large");
    held("b", "PARKED");
    const auto figures = desk.figures();
    BOOST_TEST(figures.pending == 1);
    BOOST_TEST(figures.failed == 1);
    BOOST_TEST(figures.parked == 1);
    BOOST_TEST(figures.oldest.has_value());
    BOOST_TEST(figures.lanes.size() == 16U);
    BOOST_TEST(figures.lanes[lane].owner == "node-1:7:u");
    BOOST_TEST(figures.lanes[lane].pending == 1);
    BOOST_TEST(figures.kinds.at(0).topic == "t.thing");
    BOOST_TEST(figures.kindsComplete);
    BOOST_TEST(desk.leases().at(0).valid);
}

BOOST_AUTO_TEST_CASE(blocked_keys_are_shown_by_their_heads_in_pages) {
    const auto first = held("a", "FAILED", "too large for t");
    held("a", "PARKED");
    held("a", "FAILED", "another");
    held("b", "PAUSED");
    const auto third = held("c", "FAILED", "bad headers");
    auto page = desk.blocked({}, {2, std::nullopt});
    BOOST_REQUIRE(page.items.size() == 2);
    BOOST_TEST(page.items[0].head == first);
    BOOST_TEST(page.items[0].behind == 2);
    BOOST_TEST(page.items[0].error == "too large for t");
    page = desk.blocked({}, {2, page.next});
    BOOST_REQUIRE(page.items.size() == 1);
    BOOST_TEST(page.items[0].head == third);
    BOOST_TEST(!page.next.has_value());
    BOOST_TEST(desk.blocked({.error = "large"}, {}).items.size() == 1);
    BOOST_TEST(desk.blocked({.key = "b"}, {}).items.size() == 1);
    BOOST_TEST(desk.blocked({.type = "Changed", .aggregateType = "thing"}, {}).items.size() == 3);
    BOOST_TEST(desk.blocked({.since = clock().today() + std::chrono::hours{1}}, {}).items.empty());
    const auto event = desk.event(first);
    BOOST_TEST(event->state == "FAILED");
    BOOST_TEST(event->payloadBytes.value() == 2);
    BOOST_TEST(!desk.event(first + 100).has_value());
}

BOOST_AUTO_TEST_CASE(heads_are_found_without_reading_what_waits_behind_them) {
    run("INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type) "
        "SELECT UNHEX(LPAD(HEX(seq), 32, '0')), 'thing', CONCAT('key-', seq MOD 4), 'Changed' FROM seq_1_to_20000");
    run("INSERT INTO outbox_held (id, lane, order_key, state) SELECT id, CRC32(order_key) & 15, order_key, "
        "IF(id < 5, 'FAILED', 'PARKED') FROM outbox_event");
    database.session()->textQuery("ANALYZE TABLE outbox_held, outbox_event", [](auto) {});
    auto session = database.session();
    const auto touched = [&] {
        std::int64_t sum = 0;
        session->textQuery("SHOW SESSION STATUS LIKE 'Handler_read%'",
                           [&](auto row) { sum += std::stoll(std::string{row[1]}); });
        return sum;
    };
    const std::optional<std::string> any;
    const auto before = touched();
    const auto rows =
        session->query(sql::outbox_desk::blocked, {0, any, any, any, any, any, any, any, any, any, any, 21});
    BOOST_TEST(rows.size() == 4U);
    BOOST_TEST(touched() - before < 1000);
}

BOOST_AUTO_TEST_CASE(a_redrive_becomes_one_command_a_key_and_a_line_in_the_audit_log) {
    held("a", "FAILED", "too large");
    held("a", "PARKED");
    held("b", "FAILED", "too large");
    held("c", "FAILED", "bad headers");
    const auto dry = taken(desk.redrive({HeldFilter{.error = "large"}, {.dryRun = true}}));
    BOOST_TEST(dry.order == 0);
    BOOST_TEST(dry.steps == 2);
    BOOST_TEST(dry.events == 3);
    BOOST_TEST(number("SELECT COUNT(*) FROM audit_log") == 0);

    const auto order = taken(desk.redrive({HeldFilter{.error = "large"}, kNow}));
    BOOST_TEST(order.steps == 2);
    BOOST_TEST(commands() == "REDRIVE a,REDRIVE b");
    const auto progress = desk.order(order.order);
    BOOST_TEST(progress->order.actor == "kim");
    BOOST_TEST(progress->order.steps == 2);
    BOOST_TEST(progress->pending == 2);
    BOOST_TEST(!progress->finished());
    BOOST_TEST(progress->order.detail == R"({"reason":"because","perSecond":null,"events":3})");
    commandsAreDone();
    BOOST_TEST(desk.order(order.order)->finished());
    BOOST_TEST(desk.order(order.order)->affected == 2);
    BOOST_TEST(desk.audit({}, {}).items.at(0).action == "outbox.redrive");
    BOOST_TEST(!desk.order(order.order + 1).has_value());
}

BOOST_AUTO_TEST_CASE(a_rate_spreads_the_steps) {
    for (int i = 0; i < 4; ++i) held("k" + std::to_string(i), "FAILED");
    taken(desk.redrive({HeldFilter{}, {.perSecond = 2}}));
    BOOST_TEST(
        number("SELECT TIMESTAMPDIFF(MICROSECOND, MIN(not_before), MAX(not_before)) FROM outbox_command") ==
        1'500'000);
}

BOOST_AUTO_TEST_CASE(ids_stand_for_their_keys_in_a_redrive_and_for_themselves_in_a_discard) {
    const auto head = held("a", "FAILED"), tail = held("a", "PARKED"), pending = write("z");
    const auto order = taken(desk.redrive({Ids{tail, pending}, kNow}));
    BOOST_TEST(order.steps == 1);
    BOOST_TEST(order.events == 2);
    BOOST_TEST(order.notFound == Ids{pending});
    BOOST_TEST(commands() == "REDRIVE a");
    run("DELETE FROM outbox_command");
    BOOST_TEST(taken(desk.discard({Ids{head, head, pending}, false, kNow})).steps == 1);
    BOOST_TEST(commands() == "DISCARD a " + std::to_string(head) + " " + std::to_string(head));
    BOOST_TEST(taken(desk.redrive({Ids{pending}, kNow})).order == 0);
}

BOOST_AUTO_TEST_CASE(a_discard_takes_the_head_or_the_whole_key) {
    const auto head = std::to_string(held("a", "FAILED")), tail = std::to_string(held("a", "PARKED"));
    BOOST_TEST(taken(desk.discard({HeldFilter{.key = "a"}, false, {.dryRun = true}})).events == 1);
    BOOST_TEST(taken(desk.discard({HeldFilter{.key = "a"}, true, {.dryRun = true}})).events == 2);
    desk.discard({HeldFilter{.key = "a"}, false, kNow});
    desk.discard({HeldFilter{.key = "a"}, true, kNow});
    BOOST_TEST(commands() == "DISCARD a " + head + " " + head + ",DISCARD a " + head + " " + tail);
}

BOOST_AUTO_TEST_CASE(a_republication_takes_what_was_sent_of_ids_or_of_a_time) {
    const auto first = sent("a"), second = sent("a"), waiting = write("a"), last = sent("a");
    const auto text = [](std::int64_t id) { return std::to_string(id); };
    const auto byIds = taken(desk.republish({.ids = {first, waiting, last}, .terms = kNow}));
    BOOST_TEST(byIds.steps == 2);
    BOOST_TEST(byIds.notFound == Ids{waiting});
    BOOST_TEST(commands() == "REPUBLISH " + text(first) + " " + text(first) + ",REPUBLISH " + text(last) +
                                 " " + text(last));
    run("DELETE FROM outbox_command");

    run("UPDATE outbox_event SET created_at = '2001-01-01 10:00:00' WHERE id <= " + text(first));
    const auto day = [](int hour) {
        return core::fromRfc3339("2001-01-01T" + std::to_string(hour) + ":00:00Z").value();
    };
    BOOST_TEST(taken(desk.republish({.from = day(10), .to = day(11), .terms = kNow})).events == 1);
    BOOST_TEST(commands() == "REPUBLISH " + text(first) + " " + text(first));
    run("DELETE FROM outbox_command");
    const auto hour = std::chrono::hours{1};
    const auto now = clock().today();
    taken(desk.republish({.from = now - hour, .to = now + hour, .terms = kNow}));
    BOOST_TEST(commands() == "REPUBLISH " + text(second) + " " + text(second) + ",REPUBLISH " + text(last) +
                                 " " + text(last));
    BOOST_TEST(
        taken(desk.republish({.from = now - hour, .to = now + hour, .types = {"Other"}, .terms = kNow}))
            .order == 0);
}

BOOST_AUTO_TEST_CASE(a_pause_is_found_by_who_ordered_it_however_long_the_reason) {
    auto terms = kNow;
    terms.actor = "outboxd-relay";
    terms.reason = std::string(600, 'x');
    topics.pause("t.thing", terms);
    topics.pause("t.other", kNow);
    BOOST_TEST(topics.pausedBy("outboxd-relay") == std::vector<std::string>{"t.thing"},
               boost::test_tools::per_element());
    BOOST_TEST(number("SELECT LENGTH(reason) FROM outbox_pause WHERE topic = 't.thing'") == 500);
}

BOOST_AUTO_TEST_CASE(a_pause_tells_every_lane_and_a_resume_returns_what_it_held) {
    const auto paused = std::get<OrderTaken>(topics.pause("t.thing", kNow));
    BOOST_TEST(paused.steps == 16);
    BOOST_TEST(number("SELECT COUNT(DISTINCT lane) FROM outbox_command WHERE kind = 'SYNC'") == 16);
    BOOST_TEST(std::holds_alternative<scheduler::TopicIsPaused>(topics.pause("t.thing", kNow)));
    BOOST_TEST(topics.topics().at(0).paused);
    commandsAreDone();
    held("a", "PAUSED");
    held("a", "PARKED");

    const auto resumed = std::get<OrderTaken>(topics.resume("t.thing", kNow));
    BOOST_TEST(number("SELECT COUNT(*) FROM outbox_pause") == 0);
    BOOST_TEST(std::get<scheduler::TopicIsChanging>(topics.pause("t.thing", kNow)).order == resumed.order);
    BOOST_TEST(topics.open().at(0).stepsLeft == 16);
    commandsAreDone();
    run("DELETE FROM outbox_command WHERE kind = 'SYNC'");
    const scheduler::Term term{"topic-changes", "me"};
    BOOST_TEST(locks.tryLock(term, std::chrono::minutes{1}));
    BOOST_TEST(topics.advance(term, topics.open().at(0), TopicChange::Phase::redrive));
    BOOST_TEST(commands() == "REDRIVE a");
    BOOST_TEST(!desk.order(resumed.order)->finished());
    commandsAreDone();
    BOOST_TEST(topics.advance(term, topics.open().at(0), TopicChange::Phase::done));
    BOOST_TEST(topics.open().empty());
    BOOST_TEST(desk.order(resumed.order)->finished());
    BOOST_TEST(std::holds_alternative<scheduler::TopicNotPaused>(topics.resume("t.thing", kNow)));
}

BOOST_AUTO_TEST_CASE(a_repartition_enters_each_phase_once_and_only_under_its_lock) {
    run("INSERT INTO topic_layout (topic, partitions) VALUES ('t.thing', 8)");
    const auto order = std::get<OrderTaken>(topics.repartition({"t.thing", 12, true, kNow}));
    BOOST_TEST(order.order > 0);
    BOOST_TEST(topics.topics().at(0).phase == "SETTLE");
    BOOST_TEST(
        std::holds_alternative<scheduler::TopicIsChanging>(topics.repartition({"t.thing", 13, true, kNow})));
    commandsAreDone();
    auto change = topics.open().at(0);
    change.phase = TopicChange::Phase::settle;
    BOOST_CHECK_THROW(topics.advance({"topic-changes", "nobody"}, change, TopicChange::Phase::broker),
                      scheduler::TermLost);
    const scheduler::Term term{"topic-changes", "me"};
    locks.tryLock(term, std::chrono::minutes{1});
    BOOST_TEST(topics.advance(term, change, TopicChange::Phase::broker));
    BOOST_TEST(!topics.advance(term, change, TopicChange::Phase::broker));
    BOOST_CHECK_THROW(topics.note({"topic-changes", "nobody"}, topics.open().at(0), "stale"),
                      scheduler::TermLost);
    topics.note(term, topics.open().at(0), "no broker answers");
    BOOST_TEST(desk.order(order.order)->trouble.value() == "no broker answers");
    BOOST_TEST(topics.advance(term, topics.open().at(0), TopicChange::Phase::spread));
    BOOST_TEST(value("SELECT partitions FROM topic_layout") == "12");
    BOOST_TEST(topics.open().at(0).stepsLeft == 16);
}

BOOST_AUTO_TEST_SUITE_END()
