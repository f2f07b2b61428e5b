// Records as text, each byte of them visible, to be compared with the files of tests/golden.
#pragma once

#include "platform/core/event_id.hpp"
#include "scheduler/kafka/routes.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#ifndef OUTBOXD_SOURCE_DIR
#error "the test needs the definition OUTBOXD_SOURCE_DIR"
#endif

namespace outboxd::testing {

// Printable ASCII as it is, all else as \xNN, the backslash too.
inline std::string visible(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        if (c >= ' ' && c <= '~' && c != '\\') {
            out += c;
            continue;
        }
        std::array<char, 5> hex{};
        std::snprintf(hex.data(), hex.size(), "\\x%02x",
                      static_cast<unsigned>(static_cast<unsigned char>(c)));
        out += hex.data();
    }
    return out;
}

// `record`: a WireRecord or a ConsumedRecord.
template <class Record> std::string goldenText(const Record& record) {
    std::string out = "topic " + std::string(record.topic) + "\nkey " + visible(record.key) + "\n";
    out += record.value ? "value " + visible(*record.value) + "\n" : "tombstone\n";
    out += "timestamp " + std::to_string(record.timestamp) + "\n";
    for (const auto& [name, value] : record.headers)
        out += "header " + visible(name) + " = " + visible(value) + "\n";
    return out;
}

inline scheduler::kafka::WireSettings goldenSettings(scheduler::kafka::Profile profile) {
    scheduler::kafka::WireSettings settings;
    settings.profile = profile;
    settings.source = "/shop/{aggregateType}";
    settings.routes = {{.type = "Routed",
                        .topic = "{aggregateType}-{type}",
                        .key = "{aggregateId}/{orderKey}",
                        .headers = {{"x-event", "{eventId}"}, {"x-fixed", "{{caf\xc3\xa9}}"}}}};
    return settings;
}

// The events of the golden files, all of one order key.
inline std::vector<scheduler::OutboxRecord> goldenEvents(const std::string& aggregateType) {
    scheduler::OutboxRecord plain;
    plain.id = 42;
    plain.eventId = *core::EventId::fromText("018f6f2e-1d3c-7abc-8def-0123456789ab");
    plain.aggregateType = aggregateType;
    plain.aggregateId = "7";
    plain.orderKey = "order-7";
    plain.type = "OrderPaid";
    plain.payload = R"({"version":1,"orderId":7})";
    plain.createdAt = core::Timestamp{std::chrono::microseconds{1'767'225'601'234'567}};

    auto traced = plain;
    traced.id = 43;
    traced.headers = R"({"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",)"
                     R"("tracestate":"shop=1","tenant":"caf\u00e9 \\ \"x\""})";
    auto binary = plain;
    binary.id = 44;
    binary.payload = std::string("\0\xff\x80\n\\{", 6);
    binary.headers = R"({"content-type":"application/octet-stream"})";
    auto tombstone = plain;
    tombstone.id = 45;
    tombstone.payload.reset();
    auto routed = plain;
    routed.id = 9'223'372'036'854'775'807;
    routed.type = "Routed";
    routed.payload = "";
    return {plain, traced, binary, tombstone, routed};
}

// Compares with tests/golden/`name`. With OUTBOXD_TEST_WRITE_GOLDEN=1 it is written instead.
inline std::string golden(const std::string& name, const std::string& found) {
    const auto path = std::string(OUTBOXD_SOURCE_DIR) + "/tests/golden/" + name;
    if (std::getenv("OUTBOXD_TEST_WRITE_GOLDEN") != nullptr) std::ofstream(path) << found;
    std::ifstream file(path);
    if (!file) throw std::runtime_error("there is no " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace outboxd::testing
