#include "commerce/gateway/reply.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <rapidjson/document.h>

namespace outboxd::commerce::gateway {
namespace {

using Outcome = GatewayAnswer::Outcome;

// No recursion, however deep it is nested; not a byte may follow; and it must be UTF-8.
constexpr unsigned kStrictly = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

Reading unsound(const std::string& why) {
    return {unknown("the gateway's answer does not fit: " + why), false, false};
}

// "application/json", with or without parameters.
bool isJson(const http::Headers& headers) {
    if (headers.count("Content-Type") != 1) return false;
    auto type = *headers.get("Content-Type");
    type = type.substr(0, type.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    return http::equalsIgnoringCase(type, "application/json");
}

// The member of that name, if it is there exactly once.
const rapidjson::Value* only(const rapidjson::Document& object, const char* name) {
    const rapidjson::Value* found = nullptr;
    for (const auto& member : object.GetObject()) {
        if (member.name != name) continue;
        if (found != nullptr) return nullptr;
        found = &member.value;
    }
    return found;
}

std::optional<std::string> textOf(const rapidjson::Document& object, const char* name) {
    const auto* const value = only(object, name);
    if (value == nullptr || !value->IsString()) return std::nullopt;
    return std::string{value->GetString(), value->GetStringLength()};
}

// For people, who may read it on a terminal.
std::string reasonOf(const rapidjson::Document& object) {
    auto reason = textOf(object, "reason").value_or("");
    std::ranges::replace_if(
        reason, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }, ' ');
    return core::shortened(reason, 191);
}

// Empty: this status does not go with this HTTP status.
std::optional<Outcome> outcomeOf(std::string_view status, int httpStatus, bool asksForState) {
    if (asksForState && httpStatus == 404) {
        if (status == "not_found") return Outcome::not_found;
        return std::nullopt;
    }
    const bool anyOf = asksForState && httpStatus == 200; // the HTTP status tells nothing
    if (status == "succeeded" && (httpStatus == 200 || (!asksForState && httpStatus == 201)))
        return Outcome::succeeded;
    if (status == "declined" && (anyOf || (!asksForState && httpStatus == 402))) return Outcome::declined;
    if (status == "pending" && (anyOf || (!asksForState && httpStatus == 202))) return Outcome::pending;
    return std::nullopt;
}

} // namespace

Reading readReply(const http::ClientReply& reply, const Asked& asked) {
    if (reply.status >= 500 || reply.status == 429)
        return {unknown(fmt::format("the gateway answered with HTTP status {}", reply.status)), false, true};
    if (!isJson(reply.headers)) return unsound(fmt::format("HTTP status {}, not JSON", reply.status));
    rapidjson::Document document;
    // The parser takes a NUL for the end.
    if (reply.body.find('\0') != std::string::npos ||
        document.Parse<kStrictly>(reply.body.data(), reply.body.size()).HasParseError() ||
        !document.IsObject())
        return unsound(fmt::format("HTTP status {}, not a JSON object", reply.status));

    const auto status = textOf(document, "status");
    const auto outcome = status ? outcomeOf(*status, reply.status, !asked.amount) : std::nullopt;
    if (!outcome) return unsound(fmt::format("HTTP status {} with this status", reply.status));
    if (textOf(document, "key") != asked.key) return unsound("another key");
    if (*outcome != Outcome::not_found) {
        const auto* const amount = only(document, "amount");
        if (amount == nullptr || !amount->IsInt64() || amount->GetInt64() < 0) return unsound("no amount");
        if (asked.amount && amount->GetInt64() != asked.amount->minorUnits())
            return unsound("another amount");
    }
    return {{*outcome, reasonOf(document)}, true, false};
}

} // namespace outboxd::commerce::gateway
