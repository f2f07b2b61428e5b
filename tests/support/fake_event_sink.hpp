// A broker in memory that keeps the contract of scheduler/event_sink.hpp, with a verb for each way in which a
// real one misbehaves. Nothing sleeps: a poll() moves at most one batch per partition and returns at once.
// Like librdkafka with the gapless guarantee, a session whose batch failed is broken: nothing more is
// delivered, what is outstanding gets no report until purge(), and produce() answers broken.
#pragma once

#include "tests/support/fake_pauses.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace outboxd::testing {

class FakeEventSink final : public FakePauses {
public:
    struct Logged {
        std::string topic;
        int partition = 0;
        scheduler::OutboxRecord record;
        int session = 0; // counts open() from 1
    };
    enum class Landed { no, yes };

    explicit FakeEventSink(int partitions = 4, std::size_t batch = 10)
        : partitions_(partitions), batch_(batch) {}

    std::unique_ptr<scheduler::SinkSession> open(scheduler::SessionMode mode) override;

    // --- What goes wrong. The sink must outlive its sessions; any thread may use a verb.
    // Nothing is appended or acknowledged; what was produced waits; a topic never seen before is not_ready.
    void goDown() { set(up_, false); }
    void comeBack() { set(up_, true); }
    // The broker refuses this record, and with it the batch that carries it, until accept().
    void rejectNext(std::int64_t id) {
        with([&] { rejected_.insert(id); });
    }
    void accept(std::int64_t id) {
        with([&] { rejected_.erase(id), refused_.erase(id); });
    }
    // A fatal error with nothing to report it: the next produce() of a session that is open now answers
    // broken.
    void breakSessions() {
        with([&] { broken_ = sessions_; });
    }
    // The next batch is reported as failed, whether it landed or not; its session is broken.
    void failNextBatch(Landed landed = Landed::no) {
        with([&] { failing_.push_back(landed); });
    }
    void cancelFailures() {
        with([&] { failing_.clear(); });
    }
    // Batches land, but no acknowledgement comes back: only purge() yields their reports.
    void loseAcks() { set(acks_, false); }
    void returnAcks() { set(acks_, true); }
    // produce() refuses this record by itself.
    void refuse(std::int64_t id) {
        with([&] { refused_.insert(id); });
    }
    void topicNotReady(const std::string& topic) {
        with([&] { missing_.insert(topic); });
    }
    void topicReady(const std::string& topic) {
        with([&] { missing_.erase(topic); });
    }
    // A session takes no more than `records` without a report.
    void limitOutstanding(std::size_t records) { set(capacity_, records); }
    // Batches that were on the wire when their session purged or died: the broker may append them at any
    // later time, or never. A batch with a rejected record does not, nor any later one of its session and
    // partition: their sequence has a gap.
    void landStrays();
    void dropStrays() {
        with([&] { strays_.clear(); });
    }

    // --- What the broker has, in the order of its appends.
    std::vector<Logged> log() const {
        const std::lock_guard lock(mutex_);
        return log_;
    }
    std::vector<std::int64_t> idsOfKey(const std::string& orderKey) const {
        std::vector<std::int64_t> ids;
        for (const auto& entry : log())
            if (entry.record.orderKey == orderKey) ids.push_back(entry.record.id);
        return ids;
    }
    int sessions() const {
        const std::lock_guard lock(mutex_);
        return sessions_;
    }

    int partitionOf(const std::string& orderKey) const {
        return static_cast<int>(std::hash<std::string>{}(orderKey) % static_cast<std::size_t>(partitions_));
    }

private:
    class Session;
    using Place = std::pair<std::string, int>; // topic, partition
    struct Item {
        scheduler::OutboxRecord record;
        scheduler::DeliveryToken token = 0;
    };
    struct Batch {
        Place place;
        int session = 0;
        std::vector<Item> items;
    };

    template <class Action> void with(Action action) {
        const std::lock_guard lock(mutex_);
        action();
    }
    template <class Value> void set(Value& target, Value value) {
        with([&] { target = value; });
    }
    void append(const Batch& batch) {
        for (const auto& item : batch.items)
            log_.push_back({batch.place.first, batch.place.second, item.record, batch.session});
    }

    const int partitions_;
    const std::size_t batch_;
    mutable std::mutex mutex_; // guards all below, and the sessions' inner state
    bool up_ = true;
    bool acks_ = true;
    std::size_t capacity_ = std::numeric_limits<std::size_t>::max();
    std::set<std::int64_t> rejected_, refused_;
    std::set<std::string> known_, missing_;
    std::deque<Landed> failing_;
    std::vector<Batch> strays_;
    std::vector<Logged> log_;
    int sessions_ = 0;
    int broken_ = 0; // sessions up to this one are broken
};

} // namespace outboxd::testing

#include "tests/support/fake_event_sink_session.hpp"
