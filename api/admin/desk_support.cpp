#include "api/admin/desk_support.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace outboxd::api {

namespace {

constexpr std::int64_t kFastest = 1'000'000;
constexpr std::size_t kLongestReason = 500;
constexpr std::size_t kLongestActor = 100;

std::string actorOf(const http::Request& request) {
    const auto name = request.headers.get("X-Operator");
    if (!name || name->empty()) return "admin";
    auto actor = "admin:" + std::string{name->substr(0, kLongestActor)};
    // What is no plain text is nobody's name, and no text for the database either.
    std::ranges::replace_if(
        actor, [](char c) { return c < 0x20 || c >= 0x7f; }, '?');
    return actor;
}

} // namespace

scheduler::OrderTerms whoAndWhy(const Call& call, JsonObject& body) {
    scheduler::OrderTerms terms;
    terms.reason = body.optionalText("reason");
    if (terms.reason && (terms.reason->empty() || terms.reason->size() > kLongestReason))
        body.refuse("reason", fmt::format("must be 1 to {} bytes", kLongestReason));
    terms.actor = actorOf(call.request);
    return terms;
}

scheduler::OrderTerms orderTerms(const Call& call, JsonObject& body) {
    auto terms = whoAndWhy(call, body);
    terms.dryRun = body.flag("dryRun");
    if (const auto rate = body.optionalInteger("rate")) {
        if (*rate < 1 || *rate > kFastest) body.refuse("rate", fmt::format("must be 1 to {}", kFastest));
        terms.perSecond = static_cast<int>(std::clamp<std::int64_t>(*rate, 1, kFastest));
    }
    return terms;
}

http::Response toResponse(const scheduler::OrderTaken& taken, bool dryRun) {
    JsonWriter body;
    std::optional<std::int64_t> order;
    if (taken.order != 0) order = taken.order;
    body.begin().field("dryRun", dryRun).field("orderId", order).field("steps", taken.steps);
    body.field("events", taken.events).beginList("notFound");
    for (const auto id : taken.notFound) body.item(id);
    body.endList().end();
    auto response = json(body.text());
    if (order) {
        response.status = 202;
        response.headers.add("Location", fmt::format("/admin/api/v1/outbox/orders/{}", *order));
    }
    return response;
}

} // namespace outboxd::api
