// The contract of scheduler/event_sink.hpp as tests, run over every sink: the fake, and Kafka's.
//
// A sink is brought in by a harness that derives from SinkUnderTest; EVENT_SINK_CONTRACT(Harness) then
// defines one test case for each rule.
#pragma once

#include "tests/contract/sink_driver.hpp"

#include <set>

namespace outboxd::testing {

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
