// How a listener is added, as docs/events.md says: a class, and an entry. This one writes invoices; it is wired as those of the
// daemon are, on the real servers.
#include "commerce/mysql/processed_events.hpp"
#include "daemon/consumers_part.hpp"
#include "platform/kafka/producer.hpp"
#include "scheduler/mysql/dead_letter_retries.hpp"
#include "scheduler/mysql/dead_letters.hpp"
#include "scheduler/mysql/lock_store.hpp"
#include "tests/support/memory_logger.hpp"
#include "tests/support/test_database.hpp"
#include "tests/support/topic_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;

namespace {

constexpr database::Statement kInvoice{"test.invoice", "INSERT INTO invoice (order_key, text) VALUES (?, ?)"};

// One invoice for each event, in the order of the outbox for each order; `sick`: the printer does not take "3".
class InvoiceListener final : public scheduler::Listener {
public:
    explicit InvoiceListener(database::Database& database, const std::atomic<bool>& sick)
        : database_(database), sick_(sick) {}

    std::string_view name() const override { return "invoices"; }
    std::vector<scheduler::Verdict> handle(std::span<const scheduler::Delivery> batch) override {
        using Kind = scheduler::Verdict::Kind;
        std::vector<scheduler::Verdict> verdicts;
        std::set<std::string> waiting;
        for (const auto& record : batch) {
            auto verdict = waiting.contains(record.key)
                               ? scheduler::Verdict{Kind::deferred, "an earlier invoice of the order"}
                               : write(record);
            if (verdict.kind != Kind::done && verdict.kind != Kind::ignored) waiting.insert(record.key);
            verdicts.push_back(std::move(verdict));
        }
        return verdicts;
    }

private:
    scheduler::Verdict write(const scheduler::Delivery& record) {
        using Kind = scheduler::Verdict::Kind;
        if (record.type != "PaymentCompleted") return {Kind::ignored, {}};
        if (!record.id || !record.payload || !record.payload->starts_with("{"))
            return {Kind::refused, "not an event with an id and a JSON object"};
        if (sick_ && record.key == "3") return {Kind::failed, "the printer has no paper"};
        commerce::mysql::onceEach(database_, name(), {*record.id},
                                  [&](database::Session& session, const auto&) {
                                      session.execute(kInvoice, {record.key, *record.payload});
                                  });
        return {};
    }

    database::Database& database_;
    const std::atomic<bool>& sick_;
};

struct Stage {
    Stage() {
        const auto server = schema.settings();
        settings.database.host = server.host;
        settings.database.port = static_cast<std::uint16_t>(server.port);
        settings.database.name = server.schema;
        settings.database.user = server.user;
        settings.database.passwordFile.value = config::Secret{server.password};
        settings.kafka.brokers = {StackEnv{}.at("OUTBOXD_TEST_KAFKA")};
        settings.consumers.groupPrefix = topic + "-";
        stores.emplace(settings, clock);
        stores->work.session()->textExecute(
            "CREATE TABLE invoice (id BIGINT AUTO_INCREMENT PRIMARY KEY, order_key VARCHAR(32), text TEXT)");
        reader.admin().create({topic, 2, 1, {}}, 10s);
        until([&] { return reader.admin().layout(topic, 10s).leaderless == 0; });
    }
    ~Stage() {
        try {
            reader.admin().remove(topic, 10s);
        } catch (const core::Error&) {
            // The broker is gone with the test's topics.
        }
    }

    void event(int order, const std::string& payload, core::EventId id) {
        const auto text = id.text();
        const std::vector<kafka::Header> headers{{"id", text}, {"eventType", "PaymentCompleted"}};
        kafka::Producer producer({settings.kafka.brokers.front(), "test", {}}, {}, logger, clock);
        producer.produce({topic, order % 2, std::to_string(order), payload, headers, 1}, 0);
        std::vector<kafka::Producer::Report> reports;
        BOOST_REQUIRE(producer.flush(60s, reports));
    }
    void event(int order, const std::string& payload) { event(order, payload, core::newEventId(clock)); }
    std::string value(const std::string& sql) {
        std::string first;
        stores->requests.session()->textQuery(sql, [&](auto row) { first = std::string{row[0]}; });
        return first;
    }
    // Each look asks a server.
    static void until(const std::function<bool()>& condition) {
        const auto end = std::chrono::steady_clock::now() + 180s;
        while (!condition())
            if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it did not happen");
    }
    // "ORDER:TEXT ...", for each order in the order in which they were written.
    std::string invoices() {
        return value(
            "SELECT COALESCE(GROUP_CONCAT(CONCAT(order_key, ':', text) ORDER BY order_key, id SEPARATOR "
            "' '), '') FROM invoice");
    }
    // "ORDER STATE ATTEMPTS, ..."
    std::string letters() {
        return value("SELECT COALESCE(GROUP_CONCAT(CONCAT(record_key, ' ', state, ' ', attempts) ORDER BY "
                     "record_key, id SEPARATOR ', '), '') FROM dead_letter WHERE handler = 'invoices'");
    }

    TestDatabase schema;
    core::SystemClock clock;
    MemoryLogger logger;
    core::ProgressMonitor monitor{clock};
    metrics::Registry registry;
    daemon::Settings settings;
    std::optional<daemon::Stores> stores;
    const std::string topic = "added-listener." + core::newEventId(clock).text();
    TopicReader reader{StackEnv{}.at("OUTBOXD_TEST_KAFKA")};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(added_listener, Stage)

BOOST_AUTO_TEST_CASE(an_added_listener_receives_events_and_what_it_cannot_do_is_retried) {
    std::atomic<bool> noPaper = true;
    // The line of wiring, as it would stand in listeners().
    std::vector<daemon::ListenerEntry> entries;
    entries.push_back({std::make_unique<InvoiceListener>(stores->work, noPaper), {topic}});

    const scheduler::RetryRules rules{.first = 0ms};
    scheduler::mysql::MysqlDeadLetterBox box(stores->work, rules);
    daemon::ConsumersPart consumers({settings, *stores, clock, logger, registry, [] {}}, std::move(entries),
                                    box, monitor);
    for (auto* service : consumers.services()) service->start();

    const auto twice = core::newEventId(clock);
    event(1, "{a}", twice);
    event(1, "{a}", twice);
    event(2, "{b}");
    event(3, "{c}"); // no paper
    event(3, "{d}"); // waits behind it
    event(4, "not an object");
    event(1, "{e}");
    until([&] { return letters() == "3 RETRY 3, 3 PARKED 0, 4 HELD 1"; });
    until([&] { return invoices() == "1:{a} 1:{e} 2:{b}"; });

    noPaper = false;
    scheduler::mysql::MysqlLockStore locks(stores->work);
    const scheduler::Term term{"dead-letter-retry", "me"};
    BOOST_REQUIRE(locks.tryLock(term, 10min));
    scheduler::mysql::MysqlLettersToRetry retries(stores->work);
    scheduler::DeadLetterRetry retry(retries, consumers.listeners(), clock, logger, rules,
                                     [] { return 0.5; });
    retry.run(term, {});
    BOOST_TEST(invoices() == "1:{a} 1:{e} 2:{b} 3:{c} 3:{d}");
    BOOST_TEST(letters() == "4 HELD 1"); // for a person
    event(3, "{f}");                     // the key is free
    until([&] { return invoices() == "1:{a} 1:{e} 2:{b} 3:{c} 3:{d} 3:{f}"; });
    until([&] { return value("SELECT COUNT(*) FROM consumer_progress WHERE handler = 'invoices'") == "2"; });

    for (auto* service : consumers.services()) service->stop();
    const auto metrics = registry.text();
    const auto shows = [&](const std::string& line) {
        BOOST_TEST((metrics.find("\n" + line + "\n") != std::string::npos), line << " in\n" << metrics);
    };
    shows("outboxd_consumer_dead_letters_total{listener=\"invoices\"} 2");
    shows("outboxd_consumer_parked_total{listener=\"invoices\"} 1");
    shows("outboxd_consumer_failed_total{listener=\"invoices\"} 3");
}

BOOST_AUTO_TEST_SUITE_END()
