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
constexpr auto kLearnWait = 300ms;
constexpr auto kLimitLasts = 100ms; // when it decides; bounds the questions that many large events cause
constexpr auto kFactsLast = 1s;     // Topics are asked again then; they have a longer memory

std::size_t bytesOf(const WireRecord& record) {
    return record.key.size() + (record.value ? record.value->size() : 0);
}

std::size_t allBytesOf(const WireRecord& record) {
    auto bytes = bytesOf(record);
    for (const auto& [name, value] : record.headers) bytes += name.size() + value.size();
    return bytes;
}

} // namespace

KafkaSession::KafkaSession(const outboxd::kafka::ClientSettings& client,
                           const outboxd::kafka::ProducerSettings& producer, const WirePlan& plan,
                           Topics& topics, SessionFigures& figures, core::Logger& logger,
                           const core::Clock& clock)
    : settings_(producer), topics_(topics), figures_(figures), logger_(logger), clock_(clock), encoder_(plan),
      producer_(client, producer, logger, clock) {}

KafkaSession::~KafkaSession() { discount(rows_, bytes_); }

ProduceResult KafkaSession::produce(const OutboxRecord& record, DeliveryToken token) {
    if (broken_.empty())
        if (const auto fatal = producer_.fatal()) fail(*fatal);
    if (!broken_.empty()) return {Kind::broken, broken_};
    auto converted = encoder_.encode(record);
    if (auto* unsendable = std::get_if<Unsendable>(&converted))
        return {Kind::refused, std::move(unsendable->reason)};
    const auto& wire = std::get<WireRecord>(converted);

    auto& topic = topicOf(wire.topic);
    if (auto notReady = prepare(topic)) return {Kind::not_ready, std::move(notReady->reason)};
    if (const auto size = sizeOnWire(wire); size > topic.facts.maxBytes) {
        if (auto notReady = askLimitAgain(topic)) return {Kind::not_ready, std::move(notReady->reason)};
        if (size > topic.facts.maxBytes)
            return {Kind::refused, fmt::format("{} bytes on the wire; topic {} takes {} (max.message.bytes): "
                                               "raise that, or make the event smaller",
                                               size, wire.topic, topic.facts.maxBytes)};
    }
    if (const auto size = bytesOf(wire); size > settings_.maxMessageBytes)
        return {Kind::refused, fmt::format("key and payload are {} bytes; relay.max_event_bytes is {}", size,
                                           settings_.maxMessageBytes)};
    if (outstanding() >= settings_.queueMessages || heldBytes_ >= settings_.queueBytes)
        return {Kind::full, {}};

    auto& partition = partitionOf(topic, record.orderKey);
    const auto bytes = allBytesOf(wire);
    if (mustWait(partition)) {
        heldBytes_ += bytes;
        ++held_;
        count(1, bytes);
        partition.held.push_back({record, token, bytes});
        return {};
    }
    const auto [result, code] = send(partition, wire, bytes, record.createdAt, token);
    if (result == Producer::Result::accepted) {
        count(1, bytes);
        return {};
    }
    if (result == Producer::Result::queue_full) return {Kind::full, {}};
    if (troubleOf(code) == Trouble::record) return {Kind::refused, outboxd::kafka::describe(code)};
    if (troubleOf(code) == Trouble::topic) {
        topics_.forget(topic.name);
        producer_.learn(topic.name, kLearnWait); // a partition that is newer than this session
    }
    return {Kind::not_ready, outboxd::kafka::describe(code)}; // a fatal producer is found by the next call
}

KafkaSession::Topic& KafkaSession::topicOf(std::string_view name) {
    if (const auto found = used_.find(name); found != used_.end()) return found->second;
    std::string text(name);
    return used_.emplace(text, Topic{text}).first->second;
}

std::optional<NotReady> KafkaSession::prepare(Topic& topic) {
    const auto now = clock_.now();
    if (topic.facts.partitions > 0 && topic.generation == topics_.generation() && now < topic.factsUntil)
        return std::nullopt;
    const auto generation =
        topics_.generation(); // before the facts: a change meanwhile is seen by the next call
    const auto found = topics_.find(topic.name);
    if (const auto* notReady = std::get_if<NotReady>(&found)) {
        topic.facts = {};
        return *notReady;
    }
    // A key must not be on its way to two partitions: whoever slept through a repartition settles what is under way first.
    const auto& facts = std::get<TopicFacts>(found);
    if (topic.spread != facts.partitions && topic.busy()) {
        topic.facts = {};
        return NotReady{"its partition count has changed; what is under way comes first"};
    }
    topic.spread = facts.partitions;
    topic.facts = facts;
    topic.factsUntil = now + kFactsLast;
    topic.generation = generation;
    return std::nullopt;
}

// Before a verdict: somebody may have raised the limit, and redriven the event, since it was asked for.
std::optional<NotReady> KafkaSession::askLimitAgain(Topic& topic) {
    if (clock_.now() < topic.limitUntil) return std::nullopt;
    topics_.forget(topic.name);
    auto notReady = prepare(topic);
    if (!notReady) topic.limitUntil = clock_.now() + kLimitLasts;
    return notReady;
}

// The order key's, whatever the record's key is: see routes.hpp.
KafkaSession::Partition& KafkaSession::partitionOf(Topic& topic, std::string_view orderKey) {
    const int number = outboxd::kafka::partitionOf(orderKey, topic.facts.partitions);
    const auto index = static_cast<std::size_t>(number);
    if (index >= topic.partitions.size()) topic.partitions.resize(index + 1);
    auto& partition = topic.partitions[index];
    if (!partition) partition = std::make_unique<Partition>(Partition{topic, number});
    return *partition;
}

// Decides whether the next record of this partition is held back.
bool KafkaSession::mustWait(Partition& partition) {
    if (partition.state == Partition::State::opening || !partition.held.empty()) return true;
    if (partition.state == Partition::State::open && partition.sent == 0 &&
        clock_.now() - partition.lastReport > kForgottenAfter)
        partition.state = Partition::State::fresh;
    return false;
}

Producer::Outcome KafkaSession::send(Partition& partition, const WireRecord& record, std::size_t bytes,
                                     core::Timestamp createdAt, DeliveryToken token) {
    if (freeSlots_.empty()) {
        freeSlots_.push_back(slots_.size());
        slots_.emplace_back();
    }
    const auto slot = freeSlots_.back();
    const auto outcome = producer_.produce(
        {partition.topic.name, partition.number, record.key, record.value, record.headers, record.timestamp},
        slot);
    if (outcome.result != Producer::Result::accepted) return outcome;
    freeSlots_.pop_back();
    slots_[slot] = {token, &partition, bytes, createdAt};
    ++partition.sent;
    if (partition.state == Partition::State::fresh) partition.state = Partition::State::opening;
    return outcome;
}

void KafkaSession::poll(std::chrono::milliseconds wait, std::vector<DeliveryReport>& reports) {
    if (!broken_.empty()) producer_.purge(); // what an earlier purge missed
    if (broken_.empty() && held_ > 0) forEachPartition([this](Partition& each) { release(each); });

    producer_.poll(ready_.empty() ? wait : 0ms, served_);
    if (!served_.empty()) {
        today_ = clock_.today();
        polled_ = clock_.now();
        for (const auto& report : served_) settle(report);
        served_.clear();
        tell();
    }
    figures_.reachable = producer_.reachable();
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
    partition.lastReport = polled_;
    discount(1, slot.bytes);
    report(slot.token, served.code);
    const auto trouble = troubleOf(served.code);
    const auto outcome = trouble == Trouble::none     ? Outcome::delivered
                         : trouble == Trouble::record ? Outcome::refused_by_rule
                                                      : Outcome::failed;
    ++partition.topic.ended.at(static_cast<std::size_t>(outcome));
    if (figures_.watch != nullptr && trouble == Trouble::none)
        figures_.watch->delivered(std::max(today_ - slot.createdAt, std::chrono::microseconds{0}));
    // A refusal may mean another size limit than the one we know: the next session shall make its batches by it.
    if (trouble == Trouble::topic || trouble == Trouble::record) topics_.forget(partition.topic.name);
    if (trouble != Trouble::none) return fail(outboxd::kafka::describe(served.code));
    partition.state = Partition::State::open;
    if (broken_.empty()) release(partition);
}

void KafkaSession::tell() {
    for (auto& [name, topic] : used_) {
        for (std::size_t i = 0; i < topic.ended.size(); ++i) {
            const auto count = std::exchange(topic.ended[i], 0);
            if (count > 0 && figures_.watch != nullptr)
                figures_.watch->ended(name, static_cast<Outcome>(i), count);
        }
    }
}

// Sends what was held back, as far as the producer takes it.
void KafkaSession::release(Partition& partition) {
    while (partition.state != Partition::State::opening && !partition.held.empty()) {
        const auto& next = partition.held.front();
        const auto encoded = encoder_.encode(next.record); // it was fine before
        const auto [result, code] =
            send(partition, std::get<WireRecord>(encoded), next.bytes, next.record.createdAt, next.token);
        if (result == Producer::Result::queue_full) return;
        const bool refused = result == Producer::Result::refused;
        if (refused) {
            report(next.token, code);
            discount(1, next.bytes);
        }
        heldBytes_ -= next.bytes;
        --held_;
        partition.held.pop_front();
        if (refused) return fail(outboxd::kafka::describe(code));
    }
}

template <class Act> void KafkaSession::forEachPartition(Act act) {
    for (auto& [name, topic] : used_)
        for (auto& partition : topic.partitions)
            if (partition) act(*partition);
}

void KafkaSession::count(std::size_t rows, std::size_t bytes) {
    rows_ += rows;
    bytes_ += bytes;
    figures_.queuedRows += rows;
    figures_.queuedBytes += bytes;
}

void KafkaSession::discount(std::size_t rows, std::size_t bytes) {
    rows_ -= rows;
    bytes_ -= bytes;
    figures_.queuedRows -= rows;
    figures_.queuedBytes -= bytes;
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
    forEachPartition([this](Partition& partition) {
        for (const auto& held : partition.held) {
            ready_.push_back({held.token, Outcome::failed, "purged, never sent"});
            discount(1, held.bytes);
        }
        partition.held.clear();
    });
    held_ = 0;
    heldBytes_ = 0;
}

std::size_t KafkaSession::outstanding() const { return producer_.outstanding() + held_ + ready_.size(); }

} // namespace outboxd::scheduler::kafka
