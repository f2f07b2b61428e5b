// The fake that the relay's rules are tested over keeps the same contract as Kafka's adapter.
#include "tests/contract/event_sink_contract.hpp"
#include "tests/support/fake_event_sink.hpp"

using namespace outboxd;
using namespace outboxd::testing;

namespace {

class FakeHarness final : public SinkUnderTest {
public:
    scheduler::EventSink& sink() override { return fake; }
    void poison(scheduler::OutboxRecord& record) override { fake.rejectNext(record.id); }
    void stall() override { fake.goDown(); }
    void goOn() override { fake.comeBack(); }
    std::vector<Place> log(const std::string& aggregateType) override {
        fake.landStrays();
        std::vector<Place> places;
        for (const auto& entry : fake.log())
            if (entry.record.aggregateType == aggregateType)
                places.push_back({std::to_string(entry.partition), entry.record.id, entry.record.orderKey});
        return places;
    }

    std::string partitionOf(const std::string& key) override { return std::to_string(fake.partitionOf(key)); }

    FakeEventSink fake;
};

} // namespace

BOOST_AUTO_TEST_SUITE(fake_event_sink)

EVENT_SINK_CONTRACT(FakeHarness)

BOOST_AUTO_TEST_CASE(a_failed_batch_may_have_landed) {
    FakeHarness harness;
    const auto sent = EventSinkContract::records("order", 3, 1);
    harness.fake.failNextBatch(FakeEventSink::Landed::yes);
    SinkDriver driver(harness);
    driver.produceAll(sent);
    driver.settleOrBreak();
    BOOST_TEST(driver.count(SinkDriver::Outcome::failed) == 3u);
    BOOST_TEST(harness.fake.log().size() == 3u);
}

BOOST_AUTO_TEST_CASE(lost_acknowledgements_are_reported_by_purge_alone) {
    FakeHarness harness;
    const auto sent = EventSinkContract::records("order", 3, 1);
    harness.fake.loseAcks();
    SinkDriver driver(harness);
    driver.produceAll(sent);
    driver.poll();
    driver.poll();
    BOOST_TEST(driver.outcomes().empty());
    driver.session().purge();
    driver.settle();
    BOOST_TEST(driver.count(SinkDriver::Outcome::failed) == 3u);
    BOOST_TEST(harness.fake.idsOfKey("key-0") == (std::vector<std::int64_t>{1, 2, 3}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_that_comes_back_is_a_delivery_without_a_duplicate) {
    FakeHarness harness;
    harness.fake.loseAcks();
    SinkDriver driver(harness);
    driver.produceAll(EventSinkContract::records("order", 3, 1));
    driver.poll();
    harness.fake.returnAcks();
    driver.settle();
    BOOST_TEST(driver.count(SinkDriver::Outcome::delivered) == 3u);
    BOOST_TEST(harness.fake.log().size() == 3u);
}

BOOST_AUTO_TEST_CASE(verbs_show_in_what_produce_answers) {
    FakeHarness harness;
    const auto sent = EventSinkContract::records("order", 4, 1);
    const auto session = harness.fake.open(scheduler::SessionMode::bulk);
    const auto kind = [&](std::size_t i) { return session->produce(sent[i], i).kind; };
    harness.fake.topicNotReady("outbox.event.order");
    BOOST_CHECK(kind(0) == SinkDriver::Kind::not_ready);
    harness.fake.topicReady("outbox.event.order");
    harness.fake.goDown();
    BOOST_CHECK(kind(0) == SinkDriver::Kind::not_ready);
    harness.fake.comeBack();
    harness.fake.refuse(1);
    BOOST_CHECK(kind(0) == SinkDriver::Kind::refused);
    harness.fake.limitOutstanding(1);
    BOOST_CHECK(kind(1) == SinkDriver::Kind::accepted);
    BOOST_CHECK(kind(2) == SinkDriver::Kind::full);
    harness.fake.breakSessions();
    BOOST_CHECK(kind(3) == SinkDriver::Kind::broken);
}

BOOST_AUTO_TEST_SUITE_END()
