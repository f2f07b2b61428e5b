#include "scheduler/kafka/kafka_feed.hpp"

#include <charconv>
#include <map>

namespace outboxd::scheduler::kafka {

using namespace std::chrono_literals;

namespace {

constexpr auto kCommitWait = 2s;
constexpr auto kAskWait = 1s;

std::optional<std::int64_t> sequenceOf(std::string_view text) {
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stopped != end || number <= 0) return std::nullopt;
    return number;
}

Delivery deliveryOf(outboxd::kafka::ConsumedRecord record) {
    Delivery delivery;
    delivery.topic = std::move(record.topic);
    delivery.partition = record.partition;
    delivery.offset = record.offset;
    delivery.key = std::move(record.key);
    delivery.payload = std::move(record.value);
    for (const auto& [name, value] : record.headers) {
        // Of either profile: what lies in a topic may be older than the setting. The profile's own come first.
        if ((name == "id" || name == "ce_id") && !delivery.id) delivery.id = core::EventId::fromText(value);
        if ((name == "eventType" || name == "ce_type") && delivery.type.empty()) delivery.type = value;
        if (name == "outbox_seq" && !delivery.sequence) delivery.sequence = sequenceOf(value);
    }
    delivery.headers = std::move(record.headers);
    return delivery;
}

class KafkaFeed final : public EventFeed {
public:
    KafkaFeed(const outboxd::kafka::ClientSettings& client, const std::string& group, core::Logger& logger,
              const core::Clock& clock, const std::vector<std::string>& topics)
        : consumer_(client, group, logger, clock) {
        consumer_.subscribe(topics);
    }

    std::vector<Delivery> poll(std::chrono::milliseconds wait, std::size_t most) override {
        std::vector<Delivery> batch;
        for (auto record = consumer_.poll(wait); record; record = consumer_.poll(0ms)) {
            batch.push_back(deliveryOf(std::move(*record)));
            if (batch.size() == most) break;
        }
        return batch;
    }

    void commit(std::span<const Delivery> handled) override {
        std::map<std::pair<std::string, int>, std::int64_t> next;
        for (const auto& delivery : handled) next[{delivery.topic, delivery.partition}] = delivery.offset + 1;
        std::vector<outboxd::kafka::Position> positions;
        for (const auto& [place, offset] : next) positions.push_back({place.first, place.second, offset});
        consumer_.commit(positions, kCommitWait);
    }

    std::vector<PartitionEnd> ends() override {
        std::vector<PartitionEnd> ends;
        for (auto& end : consumer_.ends(kAskWait))
            ends.push_back({std::move(end.topic), end.partition, end.next, end.high});
        return ends;
    }

private:
    outboxd::kafka::Consumer consumer_;
};

} // namespace

std::unique_ptr<EventFeed> KafkaFeeds::open() {
    for (const auto& topic : subscribed_) {
        const auto found = topics_.find(topic);
        if (const auto* notReady = std::get_if<NotReady>(&found))
            throw core::Error(core::ErrorKind::unavailable, "topic " + topic + ": " + notReady->reason);
    }
    return std::make_unique<KafkaFeed>(client_, group_, logger_, clock_, subscribed_);
}

} // namespace outboxd::scheduler::kafka
