// What the routes of the desks share. Internal to api/admin.
#pragma once

#include "api/admin/desk_routes.hpp"
#include "api/handlers/support.hpp"
#include "api/json_body.hpp"
#include "api/json_writer.hpp"

namespace outboxd::api {

inline scheduler::DeskPage deskPage(Query& query) {
    const auto page = query.page();
    return {page.limit, page.cursor};
}

inline JsonWriter& nextCursor(JsonWriter& json, const std::optional<std::int64_t>& next) {
    std::optional<std::string> cursor;
    if (next) cursor = encodeCursor(*next);
    return json.field("nextCursor", cursor);
}

// Milliseconds, or null.
inline JsonWriter& age(JsonWriter& json, std::string_view name,
                       const std::optional<std::chrono::milliseconds>& time) {
    std::optional<std::int64_t> count;
    if (time) count = time->count();
    return json.field(name, count);
}

// Who orders, by the header X-Operator, and the reason of the body.
scheduler::OrderTerms whoAndWhy(const Call& call, JsonObject& body);
// The same with dryRun and rate.
scheduler::OrderTerms orderTerms(const Call& call, JsonObject& body);

// 200 for a dry run or nothing to do, 202 with the place where its progress can be read.
http::Response toResponse(const scheduler::OrderTaken& taken, bool dryRun);

} // namespace outboxd::api
