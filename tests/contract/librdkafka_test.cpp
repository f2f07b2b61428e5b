// What librdkafka and the broker really do in the cases that our rules were made for, on a broker of this program's own. A
// newer version of either may change it: then the rule that rests on it (named at each test) has to be thought over.
#include "platform/kafka/producer.hpp"
#include "tests/support/driven_process.hpp"
#include "tests/support/private_broker.hpp"
#include "tests/support/raw_kafka_producer.hpp"
#include "tests/support/topic_reader.hpp"

#include "platform/core/event_id.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kLongAgo = 1; // the strict topic takes nothing that is older than a day

struct Library {
    Library() : strict("strict-" + core::newEventId(clock).text()) {
        BOOST_TEST_MESSAGE("librdkafka " << RawKafkaProducer::version());
        make(strict, {{"message.timestamp.before.max.ms", "86400000"}});
    }
    ~Library() {
        if (stalled_) goOn();
    }

    void make(const std::string& topic, std::map<std::string, std::string> configs = {}) {
        reader.admin().create({topic, 1, 1, std::move(configs)}, 10s);
        for (int tries = 0; reader.admin().layout(topic, 10s).leaderless != 0; ++tries)
            BOOST_REQUIRE(tries < 10'000);
    }
    std::int64_t now() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(clock.today().time_since_epoch())
            .count();
    }
    // The values in the log, in its order.
    std::vector<int> log(const std::string& topic) {
        std::vector<int> values;
        for (const auto& record : reader.readAll(topic)) values.push_back(std::stoi(*record.value));
        return values;
    }
    void stall() {
        stalled_ = true;
        PrivateBroker::server->stall();
    }
    void goOn() {
        stalled_ = false;
        PrivateBroker::server->goOn();
    }

    // One good record, awaited, then 1 to 49 of which the tenth is refused, each in a batch of its own.
    void sendOneBadAmongGood(RawKafkaProducer& producer) {
        producer.send(strict, 0, now());
        producer.awaitReports(1);
        for (int i = 1; i < 50; ++i) producer.send(strict, i, i == 10 ? kLongAgo : now());
    }

    core::SystemClock clock;
    TopicReader reader{PrivateBroker::server->address()};
    std::string strict;
    bool stalled_ = false;
};

std::map<std::string, std::string> oneByOne(const char* gapless, const char* inFlight = "1") {
    return {{"enable.gapless.guarantee", gapless},
            {"batch.num.messages", "1"},
            {"linger.ms", "0"},
            {"max.in.flight.requests.per.connection", inFlight}};
}

std::vector<int> upTo(int end) {
    std::vector<int> all;
    for (int i = 0; i < end; ++i) all.push_back(i);
    return all;
}

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(PrivateBroker);

BOOST_FIXTURE_TEST_SUITE(librdkafka, Library)

// Why the producer is gapless: (S1) of scheduler/event_sink.hpp.
BOOST_AUTO_TEST_CASE(without_the_gapless_guarantee_later_records_are_delivered_past_a_refused_one) {
    RawKafkaProducer producer(PrivateBroker::server->address(), oneByOne("false"));
    sendOneBadAmongGood(producer);
    producer.awaitReports(50);
    BOOST_TEST(!producer.fatal());
    for (const auto& [value, code] : producer.reports()) BOOST_TEST((code == 0) == (value != 10), value);
    auto expected = upTo(50);
    expected.erase(expected.begin() + 10);
    BOOST_TEST(log(strict) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(with_the_gapless_guarantee_nothing_follows_a_refused_record) {
    RawKafkaProducer producer(PrivateBroker::server->address(), oneByOne("true"));
    sendOneBadAmongGood(producer);
    producer.awaitFatal();
    producer.purge();
    producer.awaitReports(50);
    for (const auto& [value, code] : producer.reports()) BOOST_TEST((code == 0) == (value < 10), value);
    BOOST_TEST(log(strict) == upTo(10), boost::test_tools::per_element());
}

// Why a lane goes solo before a refusal is a verdict.
BOOST_AUTO_TEST_CASE(a_batch_is_refused_whole_for_one_of_its_records) {
    RawKafkaProducer producer(PrivateBroker::server->address(),
                              {{"enable.gapless.guarantee", "true"},
                               {"batch.num.messages", "12"},
                               {"linger.ms", "60000"},
                               {"max.in.flight.requests.per.connection", "1"}});
    for (int i = 0; i < 12; ++i) producer.send(strict, i, i == 5 ? kLongAgo : now());
    producer.awaitReports(12);
    for (const auto& [value, code] : producer.reports())
        BOOST_CHECK(kafka::troubleOf(code) == kafka::Trouble::record);
    BOOST_TEST(log(strict).empty());
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_too_large_is_refused_although_each_of_its_records_would_pass) {
    const auto narrow = strict + "-narrow";
    make(narrow, {{"max.message.bytes", "1000"}});
    RawKafkaProducer producer(PrivateBroker::server->address(),
                              {{"enable.gapless.guarantee", "true"},
                               {"batch.num.messages", "12"},
                               {"linger.ms", "60000"},
                               {"max.in.flight.requests.per.connection", "1"}});
    for (int i = 0; i < 12; ++i) producer.send(narrow, i, now(), std::string(200, ' '));
    producer.awaitReports(12);
    for (const auto& [value, code] : producer.reports())
        BOOST_CHECK(kafka::troubleOf(code) == kafka::Trouble::record);
    BOOST_TEST(log(narrow).empty());
}

// Why a broken session is purged at once: what is in flight would be without a report for many seconds.
BOOST_AUTO_TEST_CASE(purging_a_fatal_producer_yields_all_reports_at_once) {
    RawKafkaProducer producer(PrivateBroker::server->address(), oneByOne("true"));
    const auto quiet = strict + "-quiet";
    make(quiet);
    producer.send(quiet, 0, now());
    producer.awaitReports(1);
    stall();
    for (int i = 1; i < 2000; ++i) producer.send(quiet, i, now());
    producer.awaitInFlight(1);
    producer.makeFatal();
    producer.purge();
    producer.awaitReports(2000); // and no broker answers meanwhile
    BOOST_TEST(producer.fatal());
    for (const auto& [value, code] : producer.reports())
        BOOST_CHECK((value == 0) == (kafka::troubleOf(code) == kafka::Trouble::none));
}

// Why the first record of a session goes to each partition alone (scheduler/kafka/kafka_session.hpp).
BOOST_AUTO_TEST_CASE(a_broker_that_does_not_know_the_producer_takes_any_first_sequence) {
    RawKafkaProducer producer(PrivateBroker::server->address(), oneByOne("true", "5"));
    const auto other = strict + "-other";
    make(other);
    producer.send(other, 0, now()); // the producer has its id and its connection now
    producer.awaitReports(1);
    producer.learn(strict);
    stall();
    for (int i = 0; i < 5; ++i) producer.send(strict, i, i == 0 ? kLongAgo : now());
    producer.awaitInFlight(5);
    goOn();
    producer.awaitFatal();
    producer.purge();
    producer.awaitReports(6);
    const std::vector<int> hole{1, 2, 3, 4};
    auto found = log(strict); // the broker may be at work on what the producer has given up
    for (int tries = 0; found.size() < hole.size() && tries < 1000; ++tries) found = log(strict);
    BOOST_TEST(found == hole, boost::test_tools::per_element());
}

// Why a session is purged first thing after a pause: a fence cannot hold back what the library still has.
BOOST_AUTO_TEST_CASE(a_process_that_was_stopped_sends_all_it_had_queued_when_it_goes_on) {
    const auto topic = strict + "-stopped";
    make(topic);
    DrivenProcess writer({OUTBOXD_KAFKA_WRITER, PrivateBroker::server->address(), topic});
    BOOST_TEST(writer.ask("fill 1") == "filled");
    BOOST_TEST(writer.ask("flush") == "delivered 1");
    stall();
    BOOST_TEST(writer.ask("fill 2500") == "filled");
    writer.signal(SIGSTOP);
    goOn();
    BOOST_TEST(log(topic).size() <= 1u + 100u); // the batch that was on its way
    writer.signal(SIGCONT);
    BOOST_TEST(writer.ask("flush") == "delivered 2501");
    BOOST_TEST(log(topic) == upTo(2501), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_process_that_was_stopped_and_purges_first_sends_no_more_than_was_on_its_way) {
    const auto topic = strict + "-purged";
    make(topic);
    DrivenProcess writer({OUTBOXD_KAFKA_WRITER, PrivateBroker::server->address(), topic});
    BOOST_TEST(writer.ask("fill 1") == "filled");
    BOOST_TEST(writer.ask("flush") == "delivered 1");
    stall();
    BOOST_TEST(writer.ask("fill 2500") == "filled");
    writer.signal(SIGSTOP);
    writer.signal(SIGCONT);
    BOOST_TEST(writer.ask("purge") == "delivered 1"); // 2,501 reports, of which one good one
    goOn();
    const auto landed = log(topic);
    BOOST_TEST(landed.size() <= 1u + 100u);
    BOOST_TEST(landed == upTo(static_cast<int>(landed.size())), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_broker_killed_with_records_in_flight_loses_and_inverts_nothing) {
    const auto topic = strict + "-killed";
    make(topic);
    RawKafkaProducer producer(PrivateBroker::server->address(),
                              {{"enable.gapless.guarantee", "true"},
                               {"batch.num.messages", "50"},
                               {"linger.ms", "0"},
                               {"max.in.flight.requests.per.connection", "1"}});
    for (int i = 0; i < 1000; ++i) producer.send(topic, i, now());
    producer.awaitReports(100);
    PrivateBroker::server->kill();
    for (int i = 1000; i < 3000; ++i) producer.send(topic, i, now());
    PrivateBroker::server->start();
    producer.awaitReportsOrFatal(3000);
    if (producer.fatal()) producer.purge();
    producer.awaitReports(3000);
    int delivered = 0;
    for (const auto& [value, code] : producer.reports()) delivered += code == 0 ? 1 : 0;
    const auto landed = log(topic);
    BOOST_TEST(landed.size() >= static_cast<std::size_t>(delivered));
    BOOST_TEST(landed == upTo(static_cast<int>(landed.size())),
               boost::test_tools::per_element()); // once each, too
    if (!producer.fatal()) BOOST_TEST(delivered == 3000);
}

BOOST_AUTO_TEST_SUITE_END()
