#include "scheduler/kafka/kafka_session.hpp"

#include "platform/kafka/murmur2.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace outboxd::scheduler::kafka {

using namespace std::chrono_literals;
using Kind = ProduceResult::Kind;
using Producer = outboxd::kafka::Producer;
using outboxd::kafka::Trouble;
using outboxd::kafka::troubleOf;

namespace {

constexpr auto kForgottenAfter = 1h;

std::size_t bytesOf(const WireRecord& record) {
    return record.key.size() + (record.value ? record.value->size() : 0);
}

} // namespace

KafkaSession::KafkaSession(const SinkSettings& settings, const outboxd::kafka::ProducerSettings& producer,
                           Topics& topics, std::atomic<bool>& reachable, core::Logger& logger,
                           const core::Clock& clock)
    : settings_(settings), producerSettings_(producer), topics_(topics), reachable_(reachable),
      logger_(logger), clock_(clock), producer_(settings.client, producer, logger, clock) {}

ProduceResult KafkaSession::produce(const OutboxRecord& record, DeliveryToken token) {
    if (broken_.empty())
        if (const auto fatal = producer_.fatal()) fail(*fatal);
    if (!broken_.empty()) return {Kind::broken, broken_};
    auto converted = toWire(record, settings_.topicPrefix);
    if (auto* unsendable = std::get_if<Unsendable>(&converted))
        return {Kind::refused, std::move(unsendable->reason)};
    auto& wire = std::get<WireRecord>(converted);

    const auto found = topics_.find(wire.topic);
    if (const auto* notReady = std::get_if<NotReady>(&found)) return {Kind::not_ready, notReady->reason};
    const auto& facts = std::get<TopicFacts>(found);
    if (const auto size = sizeOnWire(wire); size > facts.maxBytes)
        return {Kind::refused, fmt::format("{} bytes on the wire; topic {} takes {} (max.message.bytes)",
                                           size, wire.topic, facts.maxBytes)};
    if (const auto size = bytesOf(wire); size > producerSettings_.maxMessageBytes)
        return {Kind::refused, fmt::format("key and payload are {} bytes; relay.max_event_bytes is {}", size,
                                           producerSettings_.maxMessageBytes)};
    if (outstanding() >= producerSettings_.queueMessages || heldBytes_ >= producerSettings_.queueBytes)
        return {Kind::full, {}};

    const int number = outboxd::kafka::partitionOf(wire.key, facts.partitions);
    auto& partition = partitions_[wire.topic][number];
    partition.number = number;
    if (mustWait(partition)) {
        heldBytes_ += bytesOf(wire);
        ++held_;
        partition.held.push_back({std::move(wire), token});
        return {};
    }
    const auto [result, code] = send(partition, wire, token);
    if (result == Producer::Result::accepted) return {};
    if (result == Producer::Result::queue_full) return {Kind::full, {}};
    if (troubleOf(code) == Trouble::record) return {Kind::refused, outboxd::kafka::describe(code)};
    if (troubleOf(code) == Trouble::topic) topics_.forget(wire.topic);
    return {Kind::not_ready, outboxd::kafka::describe(code)}; // a fatal producer is found by the next call
}

// Decides whether the next record of this partition is held back; marks the one that opens it.
bool KafkaSession::mustWait(Partition& partition) {
    if (partition.state == Partition::State::opening || !partition.held.empty()) return true;
    if (partition.state == Partition::State::open && partition.sent == 0 &&
        clock_.now() - partition.lastReport > kForgottenAfter)
        partition.state = Partition::State::fresh;
    return false;
}

Producer::Outcome KafkaSession::send(Partition& partition, const WireRecord& record, DeliveryToken token) {
    const auto& topic = partitions_.find(record.topic)->first;
    if (freeSlots_.empty()) {
        freeSlots_.push_back(slots_.size());
        slots_.emplace_back();
    }
    const auto slot = freeSlots_.back();
    std::optional<std::string_view> value;
    if (record.value) value = *record.value;
    const auto outcome = producer_.produce(
        {topic, partition.number, record.key, value, record.headers, record.timestamp}, slot);
    if (outcome.result != Producer::Result::accepted) return outcome;
    freeSlots_.pop_back();
    slots_[slot] = {token, &partition, &topic};
    ++partition.sent;
    if (partition.state == Partition::State::fresh) partition.state = Partition::State::opening;
    return outcome;
}

void KafkaSession::poll(std::chrono::milliseconds wait, std::vector<DeliveryReport>& reports) {
    if (!broken_.empty()) producer_.purge(); // what an earlier purge missed
    if (broken_.empty() && held_ > 0)
        for (auto& [topic, partitions] : partitions_)
            for (auto& [number, partition] : partitions) release(partition);

    producer_.poll(ready_.empty() ? wait : 0ms, served_);
    for (const auto& report : served_) settle(report);
    served_.clear();
    reachable_ = producer_.reachable();
    if (broken_.empty())
        if (const auto fatal = producer_.fatal()) fail(*fatal);
    std::move(ready_.begin(), ready_.end(), std::back_inserter(reports));
    ready_.clear();
}

void KafkaSession::settle(const Producer::Report& served) {
    const auto slot = slots_[served.opaque];
    freeSlots_.push_back(served.opaque);
    auto& partition = *slot.partition;
    --partition.sent;
    partition.lastReport = clock_.now();
    report(slot.token, served.code);
    const auto trouble = troubleOf(served.code);
    if (trouble == Trouble::topic) topics_.forget(*slot.topic);
    if (trouble != Trouble::none) return fail(outboxd::kafka::describe(served.code));
    partition.state = Partition::State::open;
    if (broken_.empty()) release(partition);
}

// Sends what was held back, as far as the producer takes it.
void KafkaSession::release(Partition& partition) {
    while (partition.state != Partition::State::opening && !partition.held.empty()) {
        const auto& next = partition.held.front();
        const auto [result, code] = send(partition, next.record, next.token);
        if (result == Producer::Result::queue_full) return;
        if (result == Producer::Result::refused) report(next.token, code);
        heldBytes_ -= bytesOf(next.record);
        --held_;
        partition.held.pop_front();
        if (result == Producer::Result::refused) return fail(outboxd::kafka::describe(code));
    }
}

void KafkaSession::report(DeliveryToken token, outboxd::kafka::ErrorCode code) {
    switch (troubleOf(code)) {
    case Trouble::none: ready_.push_back({token, Outcome::delivered, {}}); break;
    case Trouble::record:
        ready_.push_back({token, Outcome::refused_by_rule, outboxd::kafka::describe(code)});
        break;
    default: ready_.push_back({token, Outcome::failed, outboxd::kafka::describe(code)}); break;
    }
}

void KafkaSession::fail(const std::string& error) {
    if (!broken_.empty()) return;
    logger_.warning("kafka_session_broken", {{"error", error}, {"outstanding", outstanding()}});
    broken_ = "the session is broken (" + error + "); open a new one";
    purge();
}

void KafkaSession::purge() {
    if (broken_.empty()) broken_ = "the session was purged; open a new one";
    producer_.purge();
    for (auto& [topic, partitions] : partitions_)
        for (auto& [number, partition] : partitions) {
            for (const auto& held : partition.held)
                ready_.push_back({held.token, Outcome::failed, "purged, never sent"});
            partition.held.clear();
        }
    held_ = 0;
    heldBytes_ = 0;
}

std::size_t KafkaSession::outstanding() const { return producer_.outstanding() + held_ + ready_.size(); }

} // namespace outboxd::scheduler::kafka
