// What the event sink's contract is run with: the sink under test, and a session with the fate of its records.
#pragma once

#include "scheduler/event_sink.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <vector>

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

} // namespace outboxd::testing
