#include "scheduler/kafka/wire.hpp"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <span>

namespace outboxd::scheduler::kafka {

namespace {

constexpr std::size_t kLongestTopic = 249;

bool isTopicName(const std::string& name) {
    const auto legal = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= kLongestTopic && name != "." && name != ".." &&
           std::all_of(name.begin(), name.end(), legal);
}

// Appends the pairs of a JSON object of strings. Returns what is wrong with it, or nothing.
std::string addHeaders(const std::string& json, std::vector<std::pair<std::string, std::string>>& headers) {
    if (json.empty()) return {};
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(json.data(),
                                                                                           json.size());
    if (document.HasParseError())
        return fmt::format("headers are not JSON: {} at byte {}",
                           rapidjson::GetParseError_En(document.GetParseError()), document.GetErrorOffset());
    if (!document.IsObject()) return "headers are not a JSON object";
    if (document.ObjectEmpty()) return {};
    // RapidJSON's iterators compare ambiguously in C++20 (clang says so); its members lie in one array.
    for (const auto& member : std::span(&*document.MemberBegin(), document.MemberCount())) {
        std::string name(member.name.GetString(), member.name.GetStringLength());
        if (name.empty() || name.find('\0') != std::string::npos)
            return "a header has an empty or unprintable name";
        if (!member.value.IsString()) return fmt::format("header {} is not a string", name);
        if (std::any_of(headers.begin(), headers.end(), [&](const auto& pair) { return pair.first == name; }))
            return fmt::format("header {} is given twice, or reserved", name);
        headers.emplace_back(std::move(name),
                             std::string(member.value.GetString(), member.value.GetStringLength()));
    }
    return {};
}

std::size_t zigzagSize(std::size_t value) {
    std::size_t size = 1;
    for (value <<= 1; value >= 0x80; value >>= 7) ++size;
    return size;
}

std::size_t withLength(std::size_t bytes) { return zigzagSize(bytes) + bytes; }

} // namespace

std::variant<WireRecord, Unsendable> toWire(const OutboxRecord& record, const std::string& topicPrefix) {
    WireRecord wire{topicPrefix + record.aggregateType, record.orderKey, record.payload, {}, 0};
    if (!isTopicName(wire.topic))
        return Unsendable{
            fmt::format("\"{}\" cannot be a topic: at most {} letters, digits, '.', '_' and '-'", wire.topic,
                        kLongestTopic)};
    wire.headers = {
        {"id", record.eventId.text()}, {"eventType", record.type}, {"outbox_seq", std::to_string(record.id)}};
    if (auto wrong = addHeaders(record.headers, wire.headers); !wrong.empty())
        return Unsendable{std::move(wrong)};
    wire.timestamp =
        std::chrono::floor<std::chrono::milliseconds>(record.createdAt).time_since_epoch().count();
    return wire;
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
