// The sessions of fake_event_sink.hpp; include that one.
#pragma once

#include <algorithm>
#include <iterator>

namespace outboxd::testing {

class FakeEventSink::Session final : public scheduler::SinkSession {
public:
    Session(FakeEventSink& sink, int number, std::size_t batch)
        : sink_(sink), number_(number), batch_(batch) {}
    ~Session() override {
        sink_.with([&] { giveUp(); });
    }

    scheduler::ProduceResult produce(const scheduler::OutboxRecord& record,
                                     scheduler::DeliveryToken token) override {
        using Kind = scheduler::ProduceResult::Kind;
        const std::lock_guard lock(sink_.mutex_);
        const auto topic = topicOf(record);
        if (number_ <= sink_.broken_) broken_ = true;
        if (broken_) return {Kind::broken, "the session is broken; open a new one"};
        if (sink_.refused_.contains(record.id)) return {Kind::refused, "refused before sending"};
        if (sink_.missing_.contains(topic) || (!sink_.up_ && !sink_.known_.contains(topic)))
            return {Kind::not_ready, "topic " + topic + " has no leaders"};
        if (outstanding_ >= sink_.capacity_) return {Kind::full, {}};
        sink_.known_.insert(topic);
        lanes_[{topic, sink_.partitionOf(record.orderKey)}].queue.push_back({record, token});
        ++outstanding_;
        return {};
    }

    void poll(std::chrono::milliseconds, std::vector<scheduler::DeliveryReport>& reports) override {
        const std::lock_guard lock(sink_.mutex_);
        for (auto& [place, lane] : lanes_) {
            if (broken_ || number_ <= sink_.broken_) break;
            serve(place, lane);
        }
        outstanding_ -= ready_.size();
        std::move(ready_.begin(), ready_.end(), std::back_inserter(reports));
        ready_.clear();
    }

    void purge() override {
        sink_.with([&] { giveUp(); });
    }

    std::size_t outstanding() const override {
        const std::lock_guard lock(sink_.mutex_);
        return outstanding_;
    }

private:
    using Outcome = scheduler::DeliveryReport::Outcome;
    struct Lane {
        std::deque<Item> queue;
        std::vector<Item> wire; // sent, not answered
        bool landed = false;    // the broker has the wire's batch already; a retry would be recognised
    };

    void serve(const Place& place, Lane& lane) {
        while (!lane.queue.empty() && lane.wire.size() < batch_ && !lane.landed) {
            lane.wire.push_back(std::move(lane.queue.front()));
            lane.queue.pop_front();
        }
        if (lane.wire.empty() || !sink_.up_) return;
        if (std::any_of(lane.wire.begin(), lane.wire.end(),
                        [&](const Item& item) { return sink_.rejected_.contains(item.record.id); })) {
            broken_ = true;
            return answer(lane, Outcome::refused_by_rule, "the broker refused a record of the batch");
        }
        if (!lane.landed && !sink_.failing_.empty()) {
            if (sink_.failing_.front() == Landed::yes) sink_.append({place, number_, lane.wire});
            sink_.failing_.pop_front();
            broken_ = true;
            return answer(lane, Outcome::failed, "transport trouble");
        }
        if (!lane.landed) sink_.append({place, number_, lane.wire});
        lane.landed = true;
        if (sink_.acks_) answer(lane, Outcome::delivered, {});
    }

    void answer(Lane& lane, Outcome outcome, const std::string& error) {
        for (const auto& item : lane.wire) ready_.push_back({item.token, outcome, error});
        lane.wire.clear();
        lane.landed = false;
    }

    // Queued records never land; those on the wire may, later.
    void giveUp() {
        broken_ = true;
        for (auto& [place, lane] : lanes_) {
            if (!lane.wire.empty() && !lane.landed) sink_.strays_.push_back({place, number_, lane.wire});
            answer(lane, Outcome::failed, "purged in flight");
            for (const auto& item : lane.queue)
                ready_.push_back({item.token, Outcome::failed, "purged in queue"});
            lane.queue.clear();
        }
    }

    FakeEventSink& sink_;
    const int number_;
    const std::size_t batch_;
    std::map<Place, Lane> lanes_;
    std::vector<scheduler::DeliveryReport> ready_;
    std::size_t outstanding_ = 0;
    bool broken_ = false;
};

inline std::unique_ptr<scheduler::SinkSession> FakeEventSink::open(scheduler::SessionMode mode) {
    const std::lock_guard lock(mutex_);
    return std::make_unique<Session>(*this, ++sessions_, mode == scheduler::SessionMode::solo ? 1 : batch_);
}

inline void FakeEventSink::landStrays() {
    with([&] {
        std::set<std::pair<int, Place>> gaps;
        for (auto& stray : std::exchange(strays_, {})) {
            const auto source = std::pair{stray.session, stray.place};
            const bool poisoned = std::any_of(stray.items.begin(), stray.items.end(), [&](const Item& item) {
                return rejected_.contains(item.record.id);
            });
            if (poisoned) gaps.insert(source);
            if (!gaps.contains(source)) append(stray);
        }
    });
}

} // namespace outboxd::testing
