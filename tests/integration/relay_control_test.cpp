// The relay service with the real tables of commands and lanes, over a broker in memory.
#include "scheduler/mysql/lane_control.hpp"
#include "scheduler/relay_service.hpp"
#include "tests/support/fake_event_sink.hpp"
#include "tests/support/lone_node.hpp"
#include "tests/support/memory_logger.hpp"
#include "tests/support/outbox_database.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::LaneTerm;

namespace {

// The real one, except that owners cannot enter while it is shut.
class Door final : public scheduler::LaneControl {
public:
    explicit Door(database::Database& database) : real_(database) {}
    std::vector<scheduler::LaneCommand> due(std::span<const scheduler::Lane> lanes,
                                            std::size_t most) override {
        return real_.due(lanes, most);
    }
    scheduler::MarkResult run(const LaneTerm& term,
                              std::span<const scheduler::LaneCommand> commands) override {
        return real_.run(term, commands);
    }
    scheduler::LaneCare enter(const LaneTerm& term) override {
        if (shut) {
            ++refused;
            throw core::Error(core::ErrorKind::unavailable, "the door is shut");
        }
        return real_.enter(term);
    }
    scheduler::MarkResult note(const LaneTerm& term, std::int64_t event) override {
        return real_.note(term, event);
    }
    void leave(const LaneTerm& term) override { real_.leave(term); }

    std::atomic<bool> shut{false};
    std::atomic<int> refused{0};

private:
    scheduler::mysql::MysqlLaneControl real_;
};

struct Stage {
    ~Stage() { relay.stop(); }

    void start() {
        relay.start();
        awaitOne("SELECT COUNT(*) = 16 FROM outbox_lane WHERE holder IS NOT NULL");
    }
    // Each question waits for the database's answer; what never becomes true ends with the test's time.
    void awaitOne(const std::string& question) {
        while (db.value(question) != "1") std::this_thread::yield();
    }
    void awaitStatus(std::int64_t id, const std::string& status) {
        awaitOne("SELECT status = '" + status + "' FROM outbox_status WHERE id = " + std::to_string(id));
    }
    // An order to the lane of `key`, executed.
    void order(const std::string& kind, const std::string& key) {
        db.run("INSERT INTO outbox_command (order_id, lane, kind, order_key) VALUES (1, CRC32('" + key +
               "') & 15, '" + kind + "', '" + key + "')");
        awaitOne("SELECT COUNT(*) = 0 FROM outbox_command WHERE state = 'PENDING'");
    }

    OutboxDatabase db;
    FakeEventSink sink;
    Door control{db.database};
    NoPeers peers;
    MemoryLogger logger;
    core::SystemClock clock;
    core::ProgressMonitor progress{clock};
    scheduler::RelayService relay{
        {db.source, sink, db.locks, control, peers}, clock, logger, progress, settings()};

private:
    static scheduler::RelayServiceSettings settings() {
        scheduler::RelayServiceSettings settings;
        settings.leases = {"node-1", 2s, 100ms};
        settings.lookForLanes = 10ms;
        return settings;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(relay_control)

BOOST_AUTO_TEST_CASE(a_paused_topics_events_wait_and_go_out_in_order_when_it_is_resumed) {
    Stage stage;
    stage.start();
    stage.awaitStatus(stage.db.write("k"), "SENT");
    stage.sink.pauseTopic("outbox.event.thing");
    stage.order("SYNC", "k");
    const auto second = stage.db.write("k"), third = stage.db.write("k");
    stage.awaitStatus(third, "PARKED");
    stage.awaitStatus(second, "PAUSED");
    stage.sink.resumeTopic("outbox.event.thing");
    stage.order("SYNC", "k");
    stage.order("REDRIVE", "k");
    stage.awaitStatus(third, "SENT");
    BOOST_TEST(stage.sink.idsOfKey("k") == (std::vector{second - 1, second, third}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_refused_event_is_redriven_in_order_with_what_waited_behind_it) {
    Stage stage;
    stage.start();
    const auto first = stage.db.write("k");
    stage.awaitStatus(first, "SENT");
    stage.sink.refuse(first + 1);
    const auto second = stage.db.write("k"), third = stage.db.write("k");
    stage.awaitStatus(second, "FAILED");
    stage.awaitStatus(third, "PARKED");
    stage.sink.accept(second);
    stage.order("REDRIVE", "k");
    stage.awaitStatus(third, "SENT");
    BOOST_TEST(stage.sink.idsOfKey("k") == (std::vector{first, second, third}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lanes_that_cannot_be_entered_are_given_back_and_taken_later) {
    Stage stage;
    stage.control.shut = true;
    stage.relay.start();
    while (stage.control.refused == 0) std::this_thread::yield();
    const auto id = stage.db.write("k");
    stage.control.shut = false;
    stage.awaitStatus(id, "SENT");
    BOOST_TEST(stage.logger.said("lane_refused"));
}

BOOST_AUTO_TEST_CASE(no_lane_is_relayed_before_the_pauses_could_be_read) {
    Stage stage;
    stage.sink.pauseTopic("outbox.event.thing");
    stage.sink.hidePauses(true);
    const auto id = stage.db.write("k");
    stage.relay.start();
    while (!stage.logger.said("lane_refused")) std::this_thread::yield();
    stage.sink.hidePauses(false);
    stage.awaitStatus(id, "PAUSED");
    BOOST_TEST(stage.sink.log().empty());
}

BOOST_AUTO_TEST_CASE(an_owner_that_lost_its_lane_without_dying_says_so) {
    Stage stage;
    stage.start();
    stage.db.run("UPDATE shedlock SET locked_by = 'thief', lock_until = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR "
                 "WHERE name = 'outbox-lane-07'");
    stage.awaitOne("SELECT holder IS NULL FROM outbox_lane WHERE lane = 7");
    stage.relay.stop();
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM outbox_lane WHERE holder IS NOT NULL") == 0);
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM shedlock WHERE lock_until > UTC_TIMESTAMP(3)") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
