// Every job that writes: a holder that lost its lock writes nothing, and says so; whoever has the lock does the work.
#include "daemon/jobs/jobs.hpp"
#include "platform/metrics/metrics.hpp"
#include "scheduler/mysql/dead_letter_retries.hpp"
#include "scheduler/mysql/topic_desk.hpp"
#include "tests/support/fake_desk.hpp"
#include "tests/support/fake_sales.hpp"
#include "tests/support/memory_logger.hpp"
#include "tests/support/payment_watch.hpp"
#include "tests/support/scripted_gateway.hpp"
#include "tests/support/test_database.hpp"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::JobContext;
using scheduler::Term;

namespace {

daemon::Settings settingsFor(const TestDatabase& schema) {
    const auto connection = schema.settings();
    daemon::Settings settings;
    settings.database.host = connection.host;
    settings.database.port = static_cast<std::uint16_t>(connection.port);
    settings.database.socket = connection.socket;
    settings.database.name = connection.schema;
    settings.database.user = connection.user;
    settings.database.passwordFile.value = config::Secret(connection.password);
    return settings;
}

class Contented final : public scheduler::Listener {
public:
    std::string_view name() const override { return "one"; }
    std::vector<scheduler::Verdict> handle(std::span<const scheduler::Delivery> batch) override {
        return {batch.size(), scheduler::Verdict{}};
    }
};

struct Stage {
    void run(const std::string& sql) { stores.work.session()->textExecute(sql); }
    // All tables but that of the locks, as a text that changes with any row.
    std::string books() {
        std::string tables;
        stores.work.session()->textQuery(
            "SELECT GROUP_CONCAT(table_name ORDER BY table_name) FROM information_schema.tables WHERE table_schema = "
            "DATABASE() AND table_type = 'BASE TABLE' AND table_name <> 'shedlock'",
            [&](auto row) { tables = std::string{row[0]}; });
        std::string books;
        stores.work.session()->textQuery("CHECKSUM TABLE " + tables, [&](auto row) {
            books += std::string{row[0]} + "=" + std::string{row[1]} + "\n";
        });
        return books;
    }
    static JobContext context(const std::string& name, const char* holder) {
        return {std::stop_token{}, Term{name, holder}};
    }
    // There is work to do by now.
    void isFenced(const std::string& name, const scheduler::Job& job) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_REQUIRE(settings.jobs.of(name).lock.has_value());
            // The sleeper's lease ran out; once nobody has taken over yet, once somebody has.
            run(fmt::format("INSERT INTO shedlock (name, lock_until, locked_at, locked_by) VALUES ('{}', "
                            "UTC_TIMESTAMP(3) - INTERVAL 1 SECOND, UTC_TIMESTAMP(3), 'sleeper')",
                            name));
            const auto before = books();
            BOOST_CHECK_THROW(job.work(context(name, "sleeper")), scheduler::TermLost);
            BOOST_TEST(books() == before);
            run(fmt::format(
                "UPDATE shedlock SET lock_until = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR, locked_by = 'successor' "
                "WHERE name = '{}'",
                name));
            BOOST_CHECK_THROW(job.work(context(name, "sleeper")), scheduler::TermLost);
            BOOST_TEST(books() == before);
            BOOST_CHECK_NO_THROW(job.work(context(name, "successor")));
            BOOST_TEST(books() != before);
        }
    }

    // Order 1 of user 1: two pieces of product 1, of which there are no more.
    void order(const std::string& state) {
        run("INSERT INTO users (id, username, email) VALUES (1, 'u', 'e')");
        run("INSERT INTO product (id, name, price) VALUES (1, 'p', 5)");
        run("INSERT INTO stock_slot (product_id, slot, quantity) VALUES (1, 0, 0)");
        run("INSERT INTO orders (id, user_id, state, total, expires_at) VALUES (1, 1, '" + state +
            "', 10, UTC_TIMESTAMP(6) - INTERVAL 1 HOUR)");
        run("INSERT INTO order_line (order_id, line, product_id, quantity, unit_price) VALUES (1, 1, 1, 2, 5)");
    }
    void oldEvent() {
        run("INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload, created_at) VALUES "
            "(REPEAT('e', 16), 'thing', 'a', 'Changed', '{}', UTC_TIMESTAMP(6) - INTERVAL 40 DAY)");
        run("DELETE FROM outbox_queue");
    }

    TestDatabase schema;
    core::SystemClock clock;
    daemon::Settings settings = settingsFor(schema);
    daemon::Stores stores{settings, clock};
    MemoryLogger logger;
    metrics::Registry registry;
    daemon::JobParts parts{stores, clock, logger, [] {}};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(job_fences, Stage)

BOOST_AUTO_TEST_CASE(idempotency_retention) {
    run("INSERT INTO idempotency_key (scope, idempotency_key, request_hash, state, expires_at) VALUES "
        "('s', 'k', 'h', 'DONE', UTC_TIMESTAMP(6) - INTERVAL 1 DAY)");
    isFenced("idempotency-retention", daemon::idempotencyRetention(parts));
}

BOOST_AUTO_TEST_CASE(outbox_retention) {
    oldEvent();
    isFenced("outbox-retention", daemon::outboxRetention(parts, 30));
}

BOOST_AUTO_TEST_CASE(history_retention) {
    run("INSERT INTO job_run (job, node, started_at, outcome) SELECT 'j', 'n', UTC_TIMESTAMP(6) - INTERVAL 40 DAY, "
        "'DONE' FROM seq_1_to_3");
    isFenced("history-retention", daemon::historyRetention(parts, 30));
}

BOOST_AUTO_TEST_CASE(history_retention_of_reconciliations) {
    run("INSERT INTO reconcile_run (asked_by, mode, checks, started_at) SELECT 'kim', 'REPORT', '', UTC_TIMESTAMP(6) - "
        "INTERVAL 100 DAY FROM seq_1_to_3");
    isFenced("history-retention", daemon::historyRetention(parts, 30));
}

BOOST_AUTO_TEST_CASE(processed_retention) {
    run("INSERT INTO processed_event (handler, event_id, processed_at) VALUES ('h', REPEAT('e', 16), UTC_TIMESTAMP(6) - "
        "INTERVAL 40 DAY)");
    isFenced("processed-retention",
             daemon::processedRetention(parts, {.brokers = "127.0.0.1:1", .properties = {}},
                                        30)); // nothing is read: no broker is asked
}

BOOST_AUTO_TEST_CASE(order_expiry) {
    order("WAITING");
    isFenced("order-expiry", daemon::orderExpiry(parts));
}

BOOST_AUTO_TEST_CASE(coupon_drain) {
    run("INSERT INTO coupon (id, name, kind, discount, total, starts_at, ends_at) VALUES (1, 'c', 'FIXED', 100, 1, "
        "'2020-01-01', '2090-01-01')");
    run("INSERT INTO users (id, username, email) VALUES (1, 'u', 'e')");
    run("INSERT INTO coupon_claim (coupon_id, user_id) VALUES (1, 1)");
    daemon::CouponPart coupons(settings, stores, clock, nullptr, registry);
    isFenced("coupon-drain", daemon::couponDrain(parts, settings.coupons, coupons));
}

BOOST_AUTO_TEST_CASE(payment_recovery) {
    order("PAYING");
    run("INSERT INTO payment (order_id, user_id, method, amount, state, gateway_key, next_inquiry_at, created_at) VALUES "
        "(1, 1, 'CARD', 10, 'PENDING', 'key', UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE, UTC_TIMESTAMP(6) - INTERVAL 1 HOUR)");
    ScriptedGateway gateway;
    gateway.decide("key", commerce::GatewayAnswer::Outcome::succeeded);
    MemoryPaymentWatch watch;
    isFenced("payment-recovery", daemon::paymentRecovery(parts, gateway, watch, {}));
}

BOOST_AUTO_TEST_CASE(topic_changes) {
    run("INSERT INTO topic_change (order_id, topic, partitions, phase) VALUES (1, 't', 8, 'SETTLE')");
    scheduler::mysql::MysqlTopicDesk desk(stores.work, [](const auto&, const auto&) { return "t"; });
    FakeTopicCluster cluster;
    isFenced("topic-changes", daemon::topicChanges(desk, cluster));
}

BOOST_AUTO_TEST_CASE(a_change_of_a_topic_that_cannot_go_on_is_noted_under_the_fence) {
    run("INSERT INTO topic_change (order_id, topic, partitions, phase) VALUES (1, 't', 8, 'BROKER')");
    scheduler::mysql::MysqlTopicDesk desk(stores.work, [](const auto&, const auto&) { return "t"; });
    FakeTopicCluster cluster;
    cluster.goDown();
    isFenced("topic-changes", daemon::topicChanges(desk, cluster));
}

BOOST_AUTO_TEST_CASE(dead_letter_retry) {
    run("INSERT INTO dead_letter (handler, identity, topic, topic_partition, record_offset, record_key, key_digest, "
        "type, headers, state, attempts, next_attempt_at) VALUES ('one', REPEAT('a', 32), 't', 0, 0, 'k', "
        "REPEAT('a', 32), 'x', '[]', 'RETRY', 3, UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE)");
    scheduler::mysql::MysqlLettersToRetry letters(stores.work);
    Contented listener;
    scheduler::DeadLetterRetry retry(letters, {&listener}, clock, logger, {}, [] { return 0.5; });
    isFenced("dead-letter-retry", daemon::deadLetterRetry(retry));
}

BOOST_AUTO_TEST_CASE(the_best_sellers_are_not_replaced_by_whoever_lost_the_lock) {
    FakeBestSellersStore store(clock);
    const auto job = daemon::top5Warm(parts, store, "t");
    run("INSERT INTO shedlock (name, lock_until, locked_at, locked_by) VALUES ('top5-warm', UTC_TIMESTAMP(3) + "
        "INTERVAL 1 HOUR, UTC_TIMESTAMP(3), 'successor')");
    BOOST_CHECK_THROW(job.work(context("top5-warm", "sleeper")), scheduler::TermLost);
    BOOST_TEST(!store.kept().has_value());
    job.work(context("top5-warm", "successor"));
    BOOST_TEST(store.kept().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
