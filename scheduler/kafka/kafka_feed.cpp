#include "scheduler/kafka/kafka_feed.hpp"

#include <charconv>

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

std::vector<Place> placesOf(const std::vector<outboxd::kafka::TopicPartition>& partitions) {
    std::vector<Place> places;
    for (const auto& one : partitions) places.push_back({one.topic, one.partition});
    return places;
}

class KafkaFeed final : public EventFeed {
public:
    KafkaFeed(const outboxd::kafka::ClientSettings& client, const std::string& group, core::Logger& logger,
              const core::Clock& clock, const std::vector<std::string>& topics, AssignmentWatch& watch)
        : consumer_(client, group, logger, clock) {
        using Partitions = std::vector<outboxd::kafka::TopicPartition>;
        consumer_.subscribe(topics, {[&watch](const Partitions& all) { watch.assigned(placesOf(all)); },
                                     [&watch](const Partitions& all) { watch.revoked(placesOf(all)); },
                                     [&watch](const Partitions& all) { watch.lost(placesOf(all)); }});
    }

    std::vector<Delivery> poll(std::chrono::milliseconds wait, Room room) override {
        std::vector<Delivery> batch;
        if (room.none()) {
            consumer_.keepMembership();
            return batch;
        }
        // The assignment changes within the first call alone: what it takes away cannot be in the batch yet.
        std::size_t bytes = 0;
        for (auto record = consumer_.poll(wait); record; record = consumer_.next()) {
            batch.push_back(deliveryOf(std::move(*record)));
            bytes += bytesOf(batch.back());
            if (batch.size() >= room.records || bytes >= room.bytes) break;
        }
        return batch;
    }

    void commit(std::span<const Committable> committable) override {
        std::vector<outboxd::kafka::Position> positions;
        for (const auto& one : committable)
            positions.push_back({one.place.topic, one.place.partition, one.next});
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

std::unique_ptr<EventFeed> KafkaFeeds::open(AssignmentWatch& watch) {
    for (const auto& topic : subscribed_) {
        const auto found = topics_.find(topic);
        if (const auto* notReady = std::get_if<NotReady>(&found))
            throw core::Error(core::ErrorKind::unavailable, "topic " + topic + ": " + notReady->reason);
    }
    return std::make_unique<KafkaFeed>(client_, group_, logger_, clock_, subscribed_, watch);
}

} // namespace outboxd::scheduler::kafka
