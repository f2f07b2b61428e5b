// The ranking as the daemon runs it: real topic, real group, real database.
#include "daemon/listeners/ranking.hpp"
#include "scheduler/consumer_service.hpp"
#include "scheduler/kafka/kafka_feed.hpp"
#include "scheduler/mysql/consumer_progress.hpp"
#include "scheduler/mysql/dead_letters.hpp"
#include "scheduler/mysql/topic_pins.hpp"
#include "tests/support/memory_logger.hpp"
#include "tests/support/mysql_shop.hpp"
#include "tests/support/shop_verbs.hpp"
#include "tests/support/tcp_proxy.hpp"
#include "tests/support/topic_reader.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;

namespace {

constexpr int kPartitions = 4;

class Stage {
public:
    Stage() {
        product_ = ShopVerbs{shop.unitOfWork()}.product("mug", 300, 5);
        kafka_.client.brokers = StackEnv{}.at("OUTBOXD_TEST_KAFKA");
        kafka_.partitions = kPartitions;
        kafka_.topicWait = 10s; // a busy machine's broker is slow
        kafka_.topicPause = 10ms;
    }
    ~Stage() {
        try {
            reader.admin().remove(topic, 10s);
        } catch (const core::Error&) {
            // The broker is gone with the test's topics.
        }
    }

    // An event of each, sold once; returns its id.
    core::EventId pay(int order, const std::string& type = "PaymentCompleted", int quantity = 1) {
        const auto id = core::newEventId(shop.clock());
        send(
            order, id.text(), type,
            fmt::format(
                R"({{"version":1,"orderId":{},"lines":[{{"productId":{},"quantity":{}}}],"completedAt":"{}"}})",
                order, product_.value, quantity, core::toRfc3339(shop.clock().today())));
        return id;
    }
    void send(int order, const std::string& id, const std::string& type, const std::string& payload) {
        ready();
        const std::vector<kafka::Header> headers{
            {"id", id}, {"eventType", type}, {"outbox_seq", "1"}, {"ce_id", "a header of the writer"}};
        const auto time =
            std::chrono::duration_cast<std::chrono::milliseconds>(shop.clock().today().time_since_epoch());
        producer_->produce(
            {topic, order % kPartitions, std::to_string(order), payload, headers, time.count()}, 0);
        std::vector<kafka::Producer::Report> reports;
        if (!producer_->flush(30s, reports)) throw std::runtime_error("the broker takes no record");
    }
    std::int64_t sold() { return shop.number("SELECT COALESCE(SUM(quantity), 0) FROM product_sales"); }
    std::int64_t events() {
        return shop.number("SELECT COUNT(*) FROM processed_event WHERE handler = 'ranking'");
    }
    // Each question waits for the database's answer; a consumer that loses an event never comes to the end.
    void awaitEvents(std::int64_t number) {
        while (events() < number) std::this_thread::yield();
    }

    MySqlShop shop;
    MemoryLogger logger;
    core::ProgressMonitor monitor{shop.clock()};
    const std::string topic = [] {
        static int count = 0;
        return "ranking-test." + std::to_string(getpid()) + "." + std::to_string(++count) + ".order";
    }();
    TopicReader reader{StackEnv{}.at("OUTBOXD_TEST_KAFKA")};

    // One node's consumer; its database is `database`, so that a test may stand between.
    class Node {
    public:
        Node(Stage& stage, database::Database& database, const std::string& group)
            : listener_(database), pins_(database),
              topics_(stage.kafka_, pins_, stage.logger, stage.shop.clock()),
              feeds_(stage.kafka_.client, group, {stage.topic}, topics_, stage.logger, stage.shop.clock()),
              progress_(database), box_(database, {}),
              consumer({listener_, feeds_, progress_, box_, stage.shop.clock(), stage.logger, stage.monitor},
                       {.batch = 50, .longestRetry = 100ms, .measureEvery = 0ms}) {
            consumer.start();
        }
        // Each look is at what the last measurement saw.
        void awaitPartitions(std::size_t number) {
            while (consumer.figures().partitions != number) std::this_thread::yield();
        }

    private:
        daemon::RankingListener listener_;
        scheduler::mysql::MysqlTopicPins pins_;
        scheduler::kafka::Topics topics_;
        scheduler::kafka::KafkaFeeds feeds_;
        scheduler::mysql::MysqlConsumerProgress progress_;
        scheduler::mysql::MysqlDeadLetterBox box_;

    public:
        scheduler::ConsumerService consumer;
    };

private:
    void ready() {
        if (producer_) return;
        reader.admin().create({topic, kPartitions, 1, {}}, 10s);
        for (int tries = 0; reader.admin().layout(topic, 10s).leaderless != 0; ++tries)
            if (tries == 10'000) throw std::runtime_error("the topic has no leaders");
        producer_.emplace(kafka_.client, kafka::ProducerSettings{}, logger, shop.clock());
    }

    commerce::ProductId product_;
    scheduler::kafka::SinkSettings kafka_;
    std::optional<kafka::Producer> producer_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(ranking, Stage)

BOOST_AUTO_TEST_CASE(events_that_come_twice_count_once_and_refunds_are_taken_off) {
    for (int order = 0; order < 20; ++order) pay(order, "PaymentCompleted", 2);
    pay(3, "PaymentRefunded");
    send(4, "no id", "PaymentCompleted", "{}");
    send(5, "", "OrderPlaced", "not for us");
    const auto twice = pay(6);
    send(6, twice.text(), "PaymentCompleted", // as a relay sends it again
         R"({"version":1,"lines":[{"productId":1,"quantity":1}],"completedAt":"2026-01-01T00:00:00Z"})");
    {
        Node node(*this, shop.database(), topic);
        awaitEvents(22);
        node.consumer.stop();
        BOOST_TEST(node.consumer.figures().refused + node.consumer.figures().ignored <= 2u);
    }
    BOOST_TEST(sold() == 40);
    // A group of another name reads everything from the beginning.
    Node node(*this, shop.database(), topic + "-again");
    while (node.consumer.figures().done < 23) std::this_thread::yield();
    while (node.consumer.figures().refused < 1) std::this_thread::yield();
    BOOST_TEST(sold() == 40);
    BOOST_TEST(events() == 22);
    BOOST_TEST(logger.said("dead_letter listener=ranking"));
}

BOOST_AUTO_TEST_CASE(two_nodes_share_the_partitions_and_each_event_counts_once_when_one_goes) {
    Node first(*this, shop.database(), topic);
    first.awaitPartitions(kPartitions); // the topic was made by the first who looked
    Node second(*this, shop.database(), topic);
    first.awaitPartitions(kPartitions / 2);
    second.awaitPartitions(kPartitions / 2);
    for (int order = 0; order < 100; ++order) pay(order);
    awaitEvents(100);
    BOOST_TEST(first.consumer.figures().done > 0u);
    BOOST_TEST(second.consumer.figures().done > 0u);
    for (int order = 100; order < 200; ++order) {
        pay(order);
        if (order == 150) first.consumer.stop(); // leaves the group
    }
    awaitEvents(200);
    second.awaitPartitions(kPartitions);
    BOOST_TEST(sold() == 200);
}

BOOST_AUTO_TEST_CASE(a_database_that_fails_in_the_middle_loses_nothing_and_counts_nothing_twice) {
    const auto real = TestDatabase::server();
    TcpProxy proxy(real.host, real.port);
    auto settings = shop.schema().settings();
    settings.socket.clear();
    settings.host = "127.0.0.1";
    settings.port = proxy.port();
    database::Pool pool(settings, {.sessions = 4, .wait = 5s}, shop.clock());
    database::Database through(pool, {});
    Node node(*this, through, topic);
    node.awaitPartitions(kPartitions);
    pay(0);
    awaitEvents(1);

    // The commit was made and its answer lost: it is made again and finds its events.
    proxy.cut("COMMIT", TcpProxy::Cut::afterReply);
    for (int order = 1; order < 30; ++order) pay(order);
    awaitEvents(30);
    // The figures cannot be written for a while.
    shop.database().session()->textExecute("RENAME TABLE product_sales TO away");
    for (int order = 30; order < 60; ++order) pay(order);
    const auto troubles = node.consumer.figures().troubles;
    while (node.consumer.figures().troubles < troubles + 2) std::this_thread::yield();
    BOOST_TEST(events() == 30);
    shop.database().session()->textExecute("RENAME TABLE away TO product_sales");
    awaitEvents(60);
    node.consumer.stop();
    BOOST_TEST(sold() == 60);
    BOOST_TEST(logger.said("consumer_trouble"));
    BOOST_TEST(logger.said("consumer_works_again"));
}

BOOST_AUTO_TEST_CASE(progress_stops_where_an_event_still_waits_in_the_outbox) {
    Node node(*this, shop.database(), topic);
    node.awaitPartitions(kPartitions);
    const auto upTo = [&] {
        return shop.number("SELECT UNIX_TIMESTAMP(MIN(up_to)) * 1000000 FROM consumer_progress");
    };
    while (upTo() <= 0) std::this_thread::yield();
    shop.database().session()->textExecute(
        "INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload) "
        "VALUES ('0123456789abcdef', 'order', '1', 'PaymentCompleted', '{}')"); // no relay runs here
    const auto written = shop.number("SELECT UNIX_TIMESTAMP(created_at) * 1000000 FROM outbox_event");
    while (upTo() < written) std::this_thread::yield();
    for (int order = 1; order <= 5; ++order) { // one measurement follows each
        pay(order);
        awaitEvents(order);
    }
    BOOST_TEST(upTo() == written);
    shop.database().session()->textExecute("DELETE FROM outbox_queue");
    while (upTo() <= written) std::this_thread::yield();
}

BOOST_AUTO_TEST_SUITE_END()
