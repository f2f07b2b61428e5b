#include "scheduler/kafka/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace outboxd::scheduler::kafka {

namespace {

constexpr std::size_t kSequenceDigits = 19; // of the largest 64-bit number

std::size_t zigzagSize(std::size_t value) {
    std::size_t size = 1;
    for (value <<= 1; value >= 0x80; value >>= 7) ++size;
    return size;
}

std::size_t withLength(std::size_t bytes) { return zigzagSize(bytes) + bytes; }

} // namespace

std::variant<WireRecord, Unsendable> Encoder::encode(const OutboxRecord& record) {
    const auto& route = plan_.routeOf(record);
    plan_.topicOf(record, route, topic_);
    if (!isTopicName(topic_))
        return Unsendable{
            fmt::format("\"{}\" cannot be a topic: at most 249 letters, digits, '.', '_' and '-'", topic_)};
    plan_.keyOf(record, route, key_);
    if (auto wrong = own_.read(record.headers); !wrong.empty()) return Unsendable{std::move(wrong)};
    id_ = record.eventId.chars();
    headers_.clear();
    numbersUsed_ = 0;
    textsUsed_ = 0;
    auto wrong = plan_.profile() == Profile::debezium ? addRouter(record) : addCloudEvent(record);
    if (wrong.empty()) wrong = addOwn(route, record);
    if (!wrong.empty()) return Unsendable{std::move(wrong)};

    WireRecord wire;
    wire.topic = topic_;
    wire.key = key_;
    if (record.payload) wire.value = *record.payload;
    wire.headers = headers_;
    wire.timestamp =
        std::chrono::floor<std::chrono::milliseconds>(record.createdAt).time_since_epoch().count();
    return wire;
}

// In decimal, with zeros in front up to `digits`.
std::string_view Encoder::number(std::int64_t value, std::size_t digits) {
    auto& to = numbers_.at(numbersUsed_++);
    const auto end = std::to_chars(to.data(), to.data() + to.size(), value).ptr;
    auto size = static_cast<std::size_t>(end - to.data());
    if (size < digits) {
        std::copy_backward(to.data(), end, to.data() + digits);
        std::fill_n(to.data(), digits - size, '0');
        size = digits;
    }
    return {to.data(), size};
}

std::string_view Encoder::rendered(const Template& text, const OutboxRecord& record) {
    if (textsUsed_ == texts_.size()) texts_.push_back(std::make_unique<std::string>());
    auto& to = *texts_[textsUsed_++];
    to.clear();
    text.render(record, to);
    return to;
}

std::string Encoder::addRouter(const OutboxRecord& record) {
    headers_.emplace_back("id", std::string_view{id_.data(), id_.size()});
    headers_.emplace_back("eventType", record.type);
    headers_.emplace_back("outbox_seq", number(record.id, 0));
    return {};
}

std::string Encoder::addCloudEvent(const OutboxRecord& record) {
    if (record.type.empty()) return "a CloudEvent needs a type";
    if (record.payload) {
        const auto* given = own_.find("content-type");
        headers_.emplace_back("content-type", given ? *given : "application/json");
    }
    const auto source = rendered(plan_.source(), record);
    if (source.empty())
        return "a CloudEvent needs a source; kafka.cloudevents_source gives none for this event";
    time_ = core::toRfc3339(record.createdAt);
    headers_.emplace_back("ce_specversion", "1.0");
    headers_.emplace_back("ce_id", std::string_view{id_.data(), id_.size()});
    headers_.emplace_back("ce_source", source);
    headers_.emplace_back("ce_type", record.type);
    headers_.emplace_back("ce_time", time_);
    if (!record.aggregateId.empty()) headers_.emplace_back("ce_subject", record.aggregateId);
    if (!key_.empty()) headers_.emplace_back("ce_partitionkey", key_);
    headers_.emplace_back("ce_sequence", number(record.id, kSequenceDigits));
    if (const auto* trace = own_.find("traceparent")) headers_.emplace_back("ce_traceparent", *trace);
    if (const auto* state = own_.find("tracestate")) headers_.emplace_back("ce_tracestate", *state);
    headers_.emplace_back("outbox_seq", number(record.id, 0));
    return {};
}

std::string Encoder::addOwn(const Route& route, const OutboxRecord& record) {
    const bool cloud = plan_.profile() == Profile::cloudevents;
    for (const auto& [name, value] : own_.all()) {
        if (cloud && name == "content-type") continue; // said above, or there is no content
        if (isReserved(plan_.profile(), name)) return fmt::format("header {} is reserved", name);
        headers_.emplace_back(name, value);
    }
    for (const auto& [name, text] : route.headers)
        if (!own_.find(name)) headers_.emplace_back(name, rendered(text, record));
    return {};
}

std::size_t sizeOnWire(const WireRecord& record) {
    constexpr std::size_t batchHeader = 61;
    constexpr std::size_t attributesAndDeltas =
        3; // one byte each: the deltas of a batch's first record are zero
    std::size_t body = attributesAndDeltas + withLength(record.key.size());
    body += record.value ? withLength(record.value->size()) : 1;
    body += zigzagSize(record.headers.size());
    for (const auto& [name, value] : record.headers)
        body += withLength(name.size()) + withLength(value.size());
    return batchHeader + withLength(body);
}

} // namespace outboxd::scheduler::kafka
