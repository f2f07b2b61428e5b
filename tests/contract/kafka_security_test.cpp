// TLS and SASL on a real broker of this program's own, with a certificate authority made here.
#include "tests/contract/event_sink_contract.hpp"
#include "tests/support/memory_logger.hpp"
#include "tests/support/memory_pins.hpp"
#include "tests/support/private_server.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/topic_reader.hpp"

#include "scheduler/kafka/kafka_sink.hpp"

#include <cstdlib>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using Kind = SinkDriver::Kind;

namespace {

// Two authorities: the broker's certificate is of the first.
class Certificates {
public:
    Certificates() {
        authority("ca");
        authority("stranger");
        run("openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=broker");
        folder_.write("names", "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
        run("openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names "
            "-out server.crt");
        run("cat server.key server.crt ca.pem > server.pem"); // as a Java key store of type PEM
    }
    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

private:
    void authority(const std::string& name) {
        run("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout " + name + ".key -out " + name +
            ".pem -subj /CN=" + name);
    }
    void run(const std::string& command) {
        const auto quiet = "cd " + folder_.path().string() + " && " + command + " 2>>openssl.log";
        if (std::system(quiet.c_str()) != 0)
            throw std::runtime_error(command); // NOLINT: only our own words in it
    }
    TemporaryFolder folder_;
};

struct Broker {
    Broker() {
        certificates.emplace();
        ::setenv("OUTBOXD_DEV_KAFKA_TLS", certificates->path("server.pem").c_str(), 1);
        server.emplace("kafka");
    }
    ~Broker() {
        server.reset();
        certificates.reset();
    }
    static inline std::optional<Certificates> certificates;
    static inline std::optional<PrivateServer> server;
};

class SecureHarness {
public:
    using Properties = std::map<std::string, std::string>;
    explicit SecureHarness(const Properties& other = {}) : sink(settings(other), pins_, logger, clock_) {}

    scheduler::ProduceResult produce() {
        record_ = EventSinkContract::records(EventSinkContract::freshType(), 1, 1)[0];
        session_ = sink.open(scheduler::SessionMode::bulk);
        scheduler::ProduceResult result;
        // A topic that is being made; or, if that is what is wrong, until the reason is known.
        for (int tries = 0; tries < 300; ++tries) {
            result = session_->produce(record_, 1);
            if (result.kind != Kind::not_ready || !sink.refusal().empty()) return result;
            std::vector<scheduler::DeliveryReport> none;
            session_->poll(100ms, none);
        }
        return result;
    }
    bool delivered() {
        std::vector<scheduler::DeliveryReport> reports;
        for (int tries = 0; reports.empty() && tries < 300; ++tries) session_->poll(100ms, reports);
        return reports.size() == 1 && reports[0].outcome == scheduler::DeliveryReport::Outcome::delivered;
    }
    // Through the listener that asks nobody.
    std::size_t inTheLog() {
        TopicReader reader(Broker::server->address());
        return reader.readAll("outbox.event." + record_.aggregateType).size();
    }

    MemoryLogger logger;

private:
    static scheduler::kafka::SinkSettings settings(const Properties& other) {
        scheduler::kafka::SinkSettings settings;
        settings.client.brokers = Broker::server->address("kafka-tls");
        settings.client.properties = {{"security.protocol", "sasl_ssl"},
                                      {"ssl.ca.location", Broker::certificates->path("ca.pem")},
                                      {"sasl.mechanism", "PLAIN"},
                                      {"sasl.username", "outboxd"},
                                      {"sasl.password", "right-password"}};
        for (const auto& [name, value] : other) settings.client.properties[name] = value;
        settings.partitions = 1;
        settings.topicWait = 5s;
        settings.topicPause = 0ms;
        return settings;
    }
    core::SystemClock clock_;
    MemoryPins pins_;
    scheduler::OutboxRecord record_;

public:
    scheduler::kafka::KafkaSink sink;

private:
    std::unique_ptr<scheduler::SinkSession> session_;
};

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(Broker);

BOOST_AUTO_TEST_SUITE(kafka_security)

BOOST_AUTO_TEST_CASE(events_go_out_over_tls_with_a_password) {
    SecureHarness harness;
    const auto result = harness.produce();
    BOOST_REQUIRE_MESSAGE(result.kind == Kind::accepted, result.error);
    BOOST_TEST(harness.delivered());
    BOOST_TEST(harness.inTheLog() == 1u);
    BOOST_TEST(harness.sink.refusal() == "");
}

BOOST_AUTO_TEST_CASE(a_wrong_password_is_said_and_never_shown) {
    SecureHarness harness(SecureHarness::Properties{{"sasl.password", "wrong-password"}});
    const auto result = harness.produce();
    BOOST_CHECK(result.kind == Kind::not_ready);
    const auto refusal = harness.sink.refusal();
    BOOST_TEST(refusal.find("Authentication failed") != std::string::npos, refusal);
    BOOST_TEST(result.error.find("kafka.secrets") != std::string::npos, result.error);
    BOOST_TEST(!harness.logger.said("wrong-password"));
    BOOST_TEST(result.error.find("wrong-password") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_certificate_of_an_unknown_authority_is_said) {
    SecureHarness harness(
        SecureHarness::Properties{{"ssl.ca.location", Broker::certificates->path("stranger.pem")}});
    const auto result = harness.produce();
    BOOST_CHECK(result.kind == Kind::not_ready);
    const auto refusal = harness.sink.refusal();
    BOOST_TEST(refusal.find("certificate verify failed") != std::string::npos, refusal);
    BOOST_TEST(result.error.find("ssl") != std::string::npos, result.error);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_a_matter_of_settings) {
    SecureHarness harness(SecureHarness::Properties{{"ssl.ca.location", "/nowhere/ca.pem"}});
    BOOST_CHECK_EXCEPTION(harness.sink.open(scheduler::SessionMode::bulk), core::Error,
                          [](const core::Error& error) {
                              return error.kind() == core::ErrorKind::misconfigured &&
                                     std::string(error.what()).find("ssl.ca.location") != std::string::npos;
                          });
}

BOOST_AUTO_TEST_SUITE_END()
