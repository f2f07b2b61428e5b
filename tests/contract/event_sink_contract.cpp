#include "tests/contract/event_sink_contract.hpp"

namespace outboxd::testing {

using Outcome = SinkDriver::Outcome;
using Kind = SinkDriver::Kind;

std::string EventSinkContract::freshType() {
    core::SystemClock clock;
    return "contract-" + core::newEventId(clock).text();
}

std::vector<scheduler::OutboxRecord> EventSinkContract::records(const std::string& type, int count,
                                                                int keys) {
    core::SystemClock clock;
    std::vector<scheduler::OutboxRecord> records;
    for (int i = 1; i <= count; ++i) {
        scheduler::OutboxRecord record;
        record.id = i;
        record.eventId = core::newEventId(clock);
        record.aggregateType = type;
        record.aggregateId = record.orderKey = "key-" + std::to_string(i % keys);
        record.type = "Happened";
        record.payload = "{\"n\":" + std::to_string(i) + "}";
        record.createdAt = clock.today();
        records.push_back(std::move(record));
    }
    return records;
}

std::size_t EventSinkContract::checkGapless(const std::vector<scheduler::OutboxRecord>& produced) {
    const auto landed = under_.log(produced.front().aggregateType);
    std::map<std::string, std::vector<std::int64_t>> expected, logs;
    for (const auto& record : produced) expected[under_.partitionOf(record.orderKey)].push_back(record.id);
    for (const auto& place : landed) logs[place.partition].push_back(place.id);
    for (const auto& [partition, log] : logs) {
        auto& prefix = expected[partition];
        prefix.resize(std::min(prefix.size(), log.size()));
        BOOST_TEST(log == prefix, boost::test_tools::per_element());
    }
    return landed.size();
}

void EventSinkContract::recordsOfAKeyArriveInOrderWithOneReportEach() {
    const auto sent = records(freshType(), 2000, 20);
    SinkDriver driver(under_);
    driver.produceAll(sent);
    driver.settle();
    BOOST_TEST(driver.count(Outcome::delivered) == sent.size());
    BOOST_TEST(checkGapless(sent) == sent.size());
}

void EventSinkContract::purgeReportsEverythingAlsoWhenTheBrokerIsSilent() {
    const auto sent = records(freshType(), 500, 10);
    SinkDriver driver(under_);
    // The first hundred are there; the rest meets a broker that says nothing.
    driver.produceAll({sent.begin(), sent.begin() + 100});
    driver.settle();
    under_.stall();
    driver.produceAll({sent.begin() + 100, sent.end()});
    driver.poll();
    driver.session().purge();
    driver.settle();
    under_.goOn();
    BOOST_TEST(driver.outcomes().size() == sent.size());
    // A signal stops a broker's threads one after the other: a few more may have come through.
    BOOST_TEST(driver.count(Outcome::delivered) >= 100u);
    BOOST_TEST(driver.count(Outcome::failed) > 0u);
    BOOST_TEST(checkGapless(sent) >=
               driver.count(Outcome::delivered)); // what was on the wire may have landed (S4)
}

void EventSinkContract::aRefusedRecordLetsNothingFollowOnItsPartition() {
    auto sent = records(freshType(), 400, 1);
    under_.poison(sent[250]);
    SinkDriver driver(under_);
    driver.produceAll({sent.begin(), sent.begin() + 200});
    driver.settle(); // several batches are through before the poison comes
    const auto accepted = 200 + driver.produceUntilBroken({sent.begin() + 200, sent.end()});
    driver.settleOrBreak();
    BOOST_TEST(driver.outcomes().size() == accepted);
    BOOST_CHECK(driver.outcomes().at(sent[250].id) == Outcome::refused_by_rule);
    BOOST_TEST(checkGapless(sent) <= 250u);
    for (std::size_t i = 251; i < sent.size(); ++i) BOOST_TEST(!driver.delivered(sent[i].id));
}

// The story: a broker that has never seen the producer on a partition accepts any first batch. With the
// poison in front, Kafka 4.1 took the four batches that were in flight behind it (librdkafka 2.0.2, gapless
// guarantee on).
void EventSinkContract::aRefusedFirstRecordLetsNothingFollow() {
    auto sent = records(freshType(), 400, 1);
    under_.poison(sent[0]);
    SinkDriver driver(under_);
    const auto accepted = driver.produceUntilBroken(sent);
    driver.settleOrBreak();
    BOOST_TEST(driver.outcomes().size() == accepted);
    BOOST_CHECK(driver.outcomes().at(sent[0].id) == Outcome::refused_by_rule);
    BOOST_TEST(driver.count(Outcome::delivered) == 0u);
    BOOST_TEST(checkGapless(sent) == 0u);
}

void EventSinkContract::aLoneRefusalIsAVerdictAndTheNextSessionGoesOn() {
    auto sent = records(freshType(), 10, 1);
    under_.poison(sent[0]);
    {
        SinkDriver solo(under_, scheduler::SessionMode::solo);
        solo.produceAll({sent[0]});
        solo.settleOrBreak();
        BOOST_CHECK(solo.outcomes().at(sent[0].id) == Outcome::refused_by_rule);
    }
    SinkDriver next(under_);
    const std::vector<scheduler::OutboxRecord> rest(sent.begin() + 1, sent.end());
    next.produceAll(rest);
    next.settle();
    BOOST_TEST(next.count(Outcome::delivered) == rest.size());
    BOOST_TEST(checkGapless(rest) == rest.size());
}

void EventSinkContract::aSpentSessionSaysSo() {
    const auto sent = records(freshType(), 2, 1);
    SinkDriver driver(under_);
    driver.produceAll({sent[0]});
    driver.session().purge();
    BOOST_CHECK(driver.produce(sent[1]).kind == Kind::broken);
    driver.settle();
    BOOST_TEST(driver.outcomes().size() == 1u);
    BOOST_TEST(driver.session().outstanding() == 0u);
}

void EventSinkContract::aSecondSessionFromTheStartKeepsTheOrderOfFirstDelivery() {
    const auto sent = records(freshType(), 600, 7);
    {
        SinkDriver first(under_);
        first.produceAll({sent.begin(), sent.begin() + 300});
        first.poll();
        under_.stall();
        first.produceAll({sent.begin() + 300, sent.begin() + 500});
        first.poll();
    } // destroyed with records on the wire, as after a lost lease
    SinkDriver second(under_);
    under_.goOn();
    second.produceAll(sent);
    second.settle();
    BOOST_TEST(second.count(Outcome::delivered) == sent.size());
    std::map<std::string, std::int64_t> last;
    std::set<std::int64_t> seen;
    for (const auto& place : under_.log(sent.front().aggregateType)) {
        if (!seen.insert(place.id).second) continue; // a duplicate
        BOOST_TEST(place.id > last[place.key]);
        last[place.key] = place.id;
    }
    BOOST_TEST(seen.size() == sent.size());
}

} // namespace outboxd::testing
