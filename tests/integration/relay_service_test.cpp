// The relay as the daemon runs it: real outbox tables, real locks, real broker.
#include "scheduler/kafka/kafka_sink.hpp"
#include "scheduler/mysql/lane_control.hpp"
#include "scheduler/mysql/relay_peers.hpp"
#include "scheduler/mysql/topic_pins.hpp"
#include "scheduler/relay_service.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/memory_logger.hpp"
#include "tests/support/outbox_database.hpp"
#include "tests/support/topic_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <set>

#include <unistd.h>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;

namespace {

class Stage {
public:
    // The topic of "thing" exists before the first event, perhaps with a setting of its own.
    explicit Stage(const std::string& setting = "cleanup.policy", const std::string& value = "delete") {
        reader.admin().create({name(), kPartitions, 1, {{setting, value}}}, 10s);
        // A bounded number of questions, each of which waits for the broker's answer.
        for (int tries = 0; tries < 10'000; ++tries) {
            const auto layout = reader.admin().layout(name(), 10s);
            if (layout.partitions == kPartitions && layout.leaderless == 0) return;
        }
        throw std::runtime_error("the topic has no leaders");
    }
    ~Stage() {
        relay.stop();
        try {
            reader.admin().remove(name(), 10s);
        } catch (const core::Error&) {
            // The broker is gone with the test's topics.
        }
    }

    std::string name() const { return prefix_ + "thing"; }
    // Each question waits for the database's answer; a relay that loses an event never comes to the end.
    void awaitQueued(std::int64_t most) {
        while (db.number("SELECT COUNT(*) FROM outbox_queue") > most) std::this_thread::yield();
    }
    // The ids of each key in the order of their first delivery; checks that a key stays on its partition.
    std::map<std::string, std::vector<std::int64_t>> firstDeliveries() {
        std::map<std::string, std::vector<std::int64_t>> firsts;
        std::map<std::string, int> partitions;
        std::set<std::int64_t> seen;
        for (const auto& record : reader.readAll(name())) {
            BOOST_TEST(partitions.try_emplace(record.key, record.partition).first->second ==
                       record.partition);
            const auto id = std::stoll(TopicReader::header(record, "outbox_seq"));
            if (seen.insert(id).second) firsts[record.key].push_back(id);
        }
        return firsts;
    }
    std::string statusOf(std::int64_t id) {
        return db.value("SELECT status FROM outbox_status WHERE id = " + std::to_string(id));
    }

private:
    static constexpr int kPartitions = 4;
    const std::string prefix_ = [] {
        static int count = 0;
        return "relay-test." + std::to_string(getpid()) + "." + std::to_string(++count) + ".";
    }();
    static std::string broker() { return StackEnv{}.at("OUTBOXD_TEST_KAFKA"); }
    scheduler::kafka::SinkSettings sinkSettings() const {
        scheduler::kafka::SinkSettings settings;
        settings.client.brokers = broker();
        settings.wire.topicPrefix = prefix_;
        settings.topicWait = 5s; // a busy machine's broker is slow
        return settings;
    }

public:
    OutboxDatabase db;
    TopicReader reader{broker()};
    MemoryLogger logger;

private:
    core::SystemClock clock_;
    core::ProgressMonitor progress_{clock_};
    scheduler::mysql::MysqlTopicPins pins_{db.database};
    scheduler::mysql::MysqlLaneControl control_{db.database};
    scheduler::mysql::MysqlRelayPeers peers_{db.database, "node-1", "i-1", 5s};
    scheduler::kafka::KafkaSink sink_{sinkSettings(), pins_, logger, clock_};

public:
    scheduler::RelayService relay{
        {db.source, sink_, db.locks, control_, peers_}, clock_, logger, progress_, {}};
};

// Text in which lz4 finds nothing to save.
std::string noise(std::size_t size) {
    std::mt19937 random(1);
    std::string text(size, ' ');
    for (auto& c : text) c = static_cast<char>('!' + random() % 90);
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay_service)

BOOST_AUTO_TEST_CASE(events_of_many_writers_arrive_in_the_order_of_their_commits_also_over_a_restart) {
    constexpr int kWriters = 8, kEach = 625, kKeys = 50;
    Stage stage;
    stage.db.run("CREATE TABLE subject (name VARCHAR(20) PRIMARY KEY, n INT NOT NULL DEFAULT 0)");
    for (int i = 0; i < kKeys; ++i)
        stage.db.run("INSERT INTO subject (name) VALUES ('key-" + std::to_string(i) + "')");

    stage.relay.start();
    crowd(kWriters + 1, [&](int number) {
        if (number == kWriters) { // one of them restarts the relay in the middle
            while (stage.db.number("SELECT COUNT(*) FROM outbox_event") < kWriters * kEach / 3)
                std::this_thread::yield();
            stage.relay.stop();
            stage.relay.start();
            return;
        }
        std::mt19937 random(static_cast<unsigned>(number));
        const auto session = stage.db.connect();
        for (int i = 0; i < kEach; ++i) {
            const auto key = "key-" + std::to_string(random() % kKeys);
            session->begin();
            session->textExecute("UPDATE subject SET n = n + 1 WHERE name = '" + key +
                                 "'"); // the lock on the key
            stage.db.insert(*session, key, std::string(300, 'x'));
            session->commit();
            if (i % 10 == 0) stage.relay.ring();
        }
    });
    stage.awaitQueued(0);
    stage.relay.stop();

    std::size_t arrived = 0;
    for (const auto& [key, ids] : stage.firstDeliveries()) {
        BOOST_TEST(std::ranges::is_sorted(ids), "order of " << key);
        BOOST_TEST(static_cast<std::int64_t>(ids.size()) ==
                   stage.db.number("SELECT COUNT(*) FROM outbox_event WHERE order_key = '" + key + "'"));
        arrived += ids.size();
    }
    BOOST_TEST(arrived == static_cast<std::size_t>(kWriters * kEach));
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM outbox_held") == 0);
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM shedlock WHERE lock_until > UTC_TIMESTAMP(3)") ==
               0); // released
}

// The broker takes no record that is older than a day, and with it refuses its batch.
BOOST_AUTO_TEST_CASE(a_record_that_the_broker_refuses_fails_alone_and_holds_back_its_key_only) {
    Stage stage("message.timestamp.before.max.ms", "86400000");
    std::map<std::string, std::vector<std::int64_t>> written;
    const auto session = stage.db.connect();
    session->begin();
    for (int i = 0; i < 600; ++i) {
        const auto key = "key-" + std::to_string(i % 12);
        written[key].push_back(stage.db.insert(*session, key));
    }
    session->commit();
    const auto ids = written["key-5"];
    constexpr std::size_t poison = 20;
    stage.db.run("UPDATE outbox_event SET created_at = '2001-01-01' WHERE id = " +
                 std::to_string(ids[poison]));

    stage.relay.start();
    stage.awaitQueued(0);
    const auto later = stage.db.write("key-5");
    stage.relay.ring();
    stage.awaitQueued(0);
    const auto figures = stage.relay.figures();
    stage.relay.stop();

    BOOST_TEST(figures.brokenSessions >= 1u);
    const auto arrived = stage.firstDeliveries();
    for (const auto& [key, all] : written) {
        const auto expected = key == "key-5" ? std::vector(ids.begin(), ids.begin() + poison) : all;
        BOOST_TEST(arrived.at(key) == expected, boost::test_tools::per_element());
    }
    BOOST_TEST(stage.statusOf(ids[poison]) == "FAILED");
    for (auto i = poison + 1; i < ids.size(); ++i) BOOST_TEST(stage.statusOf(ids[i]) == "PARKED");
    BOOST_TEST(stage.statusOf(later) == "PARKED");
    BOOST_TEST(stage.db.number("SELECT COUNT(*) FROM outbox_held WHERE state = 'FAILED'") == 1);
    BOOST_TEST(stage.db.value("SELECT error FROM outbox_held WHERE state = 'FAILED'") != "");
    BOOST_TEST(stage.logger.said("event_failed id=" + std::to_string(ids[poison])));
}

BOOST_AUTO_TEST_CASE(a_record_larger_than_its_topic_takes_fails_alone_without_disturbing_the_others) {
    Stage stage("max.message.bytes", "2000");
    const auto before = stage.db.write("k");
    const auto large = stage.db.write("k", noise(5000));
    const auto after = stage.db.write("k");
    const auto other = stage.db.write("other");
    stage.relay.start();
    stage.awaitQueued(0);
    stage.relay.stop();
    BOOST_TEST(stage.statusOf(before) == "SENT");
    BOOST_TEST(stage.statusOf(large) == "FAILED");
    BOOST_TEST(stage.statusOf(after) == "PARKED");
    BOOST_TEST(stage.statusOf(other) == "SENT");
    BOOST_TEST(stage.relay.figures().brokenSessions == 0u);
    BOOST_TEST(
        stage.db.value("SELECT error FROM outbox_held WHERE state = 'FAILED'").find("max.message.bytes") !=
        std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
