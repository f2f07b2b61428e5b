// The contract of scheduler/event_sink.hpp as tests, run over every sink: the fake, and Kafka's.
//
// A sink is brought in by a harness that derives from SinkUnderTest; EVENT_SINK_CONTRACT(Harness) then
// defines one test case for each rule.
#pragma once

#include "scheduler/event_sink.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace outboxd::testing {

class SinkUnderTest {
public:
    virtual ~SinkUnderTest() = default;
    virtual scheduler::EventSink& sink() = 0;
    // Makes the broker, not the sink itself, refuse this record for good.
    virtual void poison(scheduler::OutboxRecord& record) = 0;
    // The broker neither answers nor appends, until goOn().
    virtual void stall() = 0;
    virtual void goOn() = 0;

    struct Place {
        std::string partition; // any text that tells partitions apart
        std::int64_t id = 0;
        std::string key;
    };
    // What the broker has of records of this type; within a partition in the order of its log.
    virtual std::vector<Place> log(const std::string& aggregateType) = 0;
    virtual std::string partitionOf(const std::string& key) = 0;

    // Beyond this many empty polls in a row the sink is taken for silent. Each may wait kWait.
    static constexpr int kPatience = 300;
    static constexpr std::chrono::milliseconds kWait{100};
};

// A session and what came of each of its records. Tokens are the records' ids.
class SinkDriver {
public:
    using Outcome = scheduler::DeliveryReport::Outcome;
    using Kind = scheduler::ProduceResult::Kind;

    SinkDriver(SinkUnderTest& under, scheduler::SessionMode mode = scheduler::SessionMode::bulk)
        : session_(under.sink().open(mode)) {}

    // Tries again while the topic is being prepared or the queue is full.
    scheduler::ProduceResult produce(const scheduler::OutboxRecord& record) {
        for (int tries = 0; tries < SinkUnderTest::kPatience; ++tries) {
            auto result = session_->produce(record, static_cast<std::uint64_t>(record.id));
            if (result.kind != Kind::not_ready && result.kind != Kind::full) return result;
            poll();
        }
        throw std::runtime_error("the topic never became ready");
    }
    void produceAll(const std::vector<scheduler::OutboxRecord>& records) {
        for (const auto& record : records) {
            const auto result = produce(record);
            BOOST_REQUIRE_MESSAGE(result.kind == Kind::accepted, result.error);
        }
    }
    // A poisoned record may break the session while those behind it are still being produced. Returns how many were
    // accepted.
    std::size_t produceUntilBroken(const std::vector<scheduler::OutboxRecord>& records) {
        for (std::size_t i = 0; i < records.size(); ++i) {
            const auto result = produce(records[i]);
            if (result.kind == Kind::broken) return i;
            BOOST_REQUIRE_MESSAGE(result.kind == Kind::accepted, result.error);
        }
        return records.size();
    }
    void poll() {
        std::vector<scheduler::DeliveryReport> reports;
        session_->poll(SinkUnderTest::kWait, reports);
        for (const auto& report : reports) {
            BOOST_TEST(outcomes_.emplace(static_cast<std::int64_t>(report.token), report.outcome).second,
                       "record " << report.token << " was reported twice");
            BOOST_TEST((report.outcome == Outcome::delivered) == report.error.empty());
        }
        quiet_ = reports.empty() ? quiet_ + 1 : 0;
    }
    // Until every accepted record has its report.
    void settle() {
        for (quiet_ = 0; session_->outstanding() > 0;) {
            BOOST_REQUIRE_MESSAGE(quiet_ < SinkUnderTest::kPatience, session_->outstanding()
                                                                         << " reports are missing");
            poll();
        }
    }
    // Until something went wrong, as the relay does; then gives up the rest.
    void settleOrBreak() {
        for (quiet_ = 0; session_->outstanding() > 0 && count(Outcome::delivered) == outcomes_.size();) {
            BOOST_REQUIRE(quiet_ < SinkUnderTest::kPatience);
            poll();
        }
        session_->purge();
        settle();
    }
    std::size_t count(Outcome outcome) const {
        return static_cast<std::size_t>(std::count_if(
            outcomes_.begin(), outcomes_.end(), [&](const auto& pair) { return pair.second == outcome; }));
    }
    bool delivered(std::int64_t id) const {
        const auto found = outcomes_.find(id);
        return found != outcomes_.end() && found->second == Outcome::delivered;
    }
    const std::map<std::int64_t, Outcome>& outcomes() const { return outcomes_; }
    scheduler::SinkSession& session() { return *session_; }

private:
    std::unique_ptr<scheduler::SinkSession> session_;
    std::map<std::int64_t, Outcome> outcomes_;
    int quiet_ = 0;
};

class EventSinkContract {
public:
    explicit EventSinkContract(SinkUnderTest& under) : under_(under) {}

    void recordsOfAKeyArriveInOrderWithOneReportEach();
    void purgeReportsEverythingAlsoWhenTheBrokerIsSilent();
    void aRefusedRecordLetsNothingFollowOnItsPartition();
    void aRefusedFirstRecordLetsNothingFollow();
    void aLoneRefusalIsAVerdictAndTheNextSessionGoesOn();
    void aSpentSessionSaysSo();
    void aSecondSessionFromTheStartKeepsTheOrderOfFirstDelivery();

    static std::string freshType();
    static std::vector<scheduler::OutboxRecord> records(const std::string& type, int count, int keys);

private:
    // (S1) per partition: what landed is a prefix of what was produced, in order. Returns how many landed.
    std::size_t checkGapless(const std::vector<scheduler::OutboxRecord>& produced);
    SinkUnderTest& under_;
};

} // namespace outboxd::testing

#define EVENT_SINK_CONTRACT_CASE(Harness, name, rule)                                                        \
    BOOST_AUTO_TEST_CASE(name) {                                                                             \
        Harness harness;                                                                                     \
        outboxd::testing::EventSinkContract(harness).rule();                                                 \
    }

#define EVENT_SINK_CONTRACT(Harness)                                                                         \
    EVENT_SINK_CONTRACT_CASE(Harness, records_of_a_key_arrive_in_order_with_one_report_each,                 \
                             recordsOfAKeyArriveInOrderWithOneReportEach)                                    \
    EVENT_SINK_CONTRACT_CASE(Harness, purge_reports_everything_also_when_the_broker_is_silent,               \
                             purgeReportsEverythingAlsoWhenTheBrokerIsSilent)                                \
    EVENT_SINK_CONTRACT_CASE(Harness, a_refused_record_lets_nothing_follow_on_its_partition,                 \
                             aRefusedRecordLetsNothingFollowOnItsPartition)                                  \
    EVENT_SINK_CONTRACT_CASE(Harness, a_refused_first_record_lets_nothing_follow,                            \
                             aRefusedFirstRecordLetsNothingFollow)                                           \
    EVENT_SINK_CONTRACT_CASE(Harness, a_lone_refusal_is_a_verdict_and_the_next_session_goes_on,              \
                             aLoneRefusalIsAVerdictAndTheNextSessionGoesOn)                                  \
    EVENT_SINK_CONTRACT_CASE(Harness, a_spent_session_says_so, aSpentSessionSaysSo)                          \
    EVENT_SINK_CONTRACT_CASE(Harness, a_second_session_from_the_start_keeps_the_order_of_first_delivery,     \
                             aSecondSessionFromTheStartKeepsTheOrderOfFirstDelivery)
