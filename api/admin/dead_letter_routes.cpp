#include "api/admin/dead_letter_routes.hpp"

#include "api/admin/desk_support.hpp"
#include "platform/core/text.hpp"
#include "platform/security/base64.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace outboxd::api {

namespace {

using scheduler::DeadLetterDesk;
using scheduler::LetterFilter;
using scheduler::LetterState;

constexpr std::size_t kMostIds = 1000;
constexpr int kMostGroups = 100;
constexpr std::size_t kLongestListener = 64, kLongestTopic = 249, kLongestType = 300, kLongestKey = 4096,
                      kLongestError = 500, kFingerprint = 16;

// Of RFC 4648, section 4, with padding, as base64(1) reads it.
std::string base64(std::string_view bytes) {
    auto text = security::toBase64Url(bytes);
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

// As `name` if it is text, else as `name`Base64; the other one is null. `cut`: only the first of its bytes are here.
void bytes(JsonWriter& json, const std::string& name, const std::optional<std::string>& value,
           bool cut = false) {
    std::optional<std::string> text, encoded;
    if (value) {
        auto whole = *value;
        if (cut && !whole.empty()) whole = core::shortened(whole, whole.size() - 1); // not within a character
        if (core::isUtf8(whole)) {
            text = std::move(whole);
        } else {
            encoded = base64(*value);
        }
    }
    json.field(name, text).field(name + "Base64", encoded);
}

void line(JsonWriter& json, const scheduler::LetterLine& letter) {
    json.field("id", letter.id).field("listener", letter.listener).field("state", letter.state);
    json.field("topic", letter.topic).field("partition", letter.partition).field("offset", letter.offset);
    json.field("eventId", letter.eventId).field("type", letter.type);
    json.field("error", letter.error).field("fingerprint", letter.fingerprint);
    json.field("attempts", letter.attempts).field("nextAttemptAt", letter.nextAttemptAt);
    json.field("firstAt", letter.firstAt).field("lastAt", letter.lastAt);
}

LetterFilter filterOf(Query& query) {
    return {query.oneOf("state", {LetterState::retry, LetterState::held, LetterState::parked}),
            query.text("listener", kLongestListener),
            query.text("topic", kLongestTopic),
            query.text("type", kLongestType),
            query.text("key", kLongestKey),
            query.text("fingerprint", kFingerprint),
            query.text("error", kLongestError),
            query.time("since")};
}

http::Response letters(DeadLetterDesk& desk, const Call& call) {
    Query query(call.request);
    const auto page = deskPage(query);
    const auto filter = filterOf(query);
    if (const auto problem = query.problem()) return refuse(call, *problem);
    const auto list = desk.letters(filter, page);
    JsonWriter body;
    body.begin().beginList("items");
    for (const auto& letter : list.items) {
        line(body.begin(), letter);
        body.field("key", letter.key).end();
    }
    nextCursor(body.endList(), list.next).end();
    return json(body.text());
}

http::Response groups(DeadLetterDesk& desk, const Call& call) {
    Query query(call.request);
    const auto filter = filterOf(query);
    if (const auto problem = query.problem()) return refuse(call, *problem);
    const auto found = desk.groups(filter, kMostGroups);
    JsonWriter body;
    body.begin().beginList("items");
    for (const auto& group : found.items) {
        body.begin().field("listener", group.listener).field("fingerprint", group.fingerprint);
        body.field("letters", group.letters).field("held", group.held);
        body.field("firstAt", group.firstAt).field("lastAt", group.lastAt).field("example", group.example);
        body.field("error", group.error).field("topic", group.topic).field("type", group.type).end();
    }
    body.endList().field("complete", found.complete).end();
    return json(body.text());
}

http::Response letter(DeadLetterDesk& desk, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto found = desk.letter(call.ids[0]);
    if (!found) return refuse(call, {404, "dead_letter_not_found", "There is no such dead letter."});
    JsonWriter body;
    line(body.begin(), found->line);
    body.field("retries", found->retries).field("sequence", found->sequence).field("behind", found->behind);
    bytes(body, "key", found->key, found->keyBytes > scheduler::kShownKey);
    body.field("keyBytes", found->keyBytes);
    if (found->headers) {
        body.beginList("headers");
        for (const auto& [name, value] : *found->headers) {
            bytes(body.begin(), "name", name);
            bytes(body, "value", value);
            body.end();
        }
        body.endList();
    } else {
        body.field("headers", std::optional<std::string>{});
    }
    std::optional<std::int64_t> size;
    if (found->payload) size = found->payloadBytes;
    const bool cut = found->payloadBytes > scheduler::kShownPayload;
    bytes(body, "payload", found->payload, cut);
    body.field("payloadBytes", size).field("payloadCut", cut).end();
    return json(body.text());
}

std::optional<std::string> named(JsonObject& body, std::string_view name, std::size_t longest) {
    auto text = body.optionalText(name);
    if (text && (text->empty() || text->size() > longest))
        body.refuse(name, fmt::format("must be 1 to {} bytes", longest));
    return text;
}

std::optional<LetterState> readState(JsonObject& body) {
    const auto text = body.optionalText("state");
    if (!text) return std::nullopt;
    for (const auto state : {LetterState::retry, LetterState::held, LetterState::parked})
        if (name(state) == *text) return state;
    body.refuse("state", "must be one of RETRY, HELD, PARKED");
    return std::nullopt;
}

// One of ids and filter.
scheduler::LetterOrder readOrder(const Call& call, JsonObject& body) {
    scheduler::LetterOrder order{.terms = orderTerms(call, body)};
    if (order.terms.perSecond)
        body.refuse("rate", "is not for dead letters: the job works them off at its pace");
    order.after = body.optionalInteger("after");
    order.upTo = body.optionalInteger("upTo");
    if (body.exactlyOne({"ids", "filter"}) == "ids") {
        auto ids = body.optionalIntegers("ids", kMostIds);
        if (std::ranges::any_of(ids, [](auto id) { return id < 1; }))
            body.refuse("ids", "must be 1 or more, each");
        for (const auto* place : {"after", "upTo"})
            if (body.has(place)) body.refuse(place, "cannot stand beside ids");
        order.what = std::move(ids);
        return order;
    }
    LetterFilter filter;
    body.optionalObject("filter", [&](JsonObject& one) {
        filter = {readState(one),
                  named(one, "listener", kLongestListener),
                  named(one, "topic", kLongestTopic),
                  named(one, "type", kLongestType),
                  named(one, "key", kLongestKey),
                  named(one, "fingerprint", kFingerprint),
                  named(one, "error", kLongestError),
                  one.optionalTime("since")};
    });
    order.what = std::move(filter);
    return order;
}

http::Response answered(const scheduler::LettersTaken& taken, bool dryRun) {
    JsonWriter body;
    body.begin().field("dryRun", dryRun).field("letters", taken.letters);
    const auto list = [&](const char* name, const std::vector<std::int64_t>& ids) {
        body.beginList(name);
        for (const auto id : ids) body.item(id);
        body.endList();
    };
    list("orderIds", taken.orders);
    list("notFound", taken.notFound);
    list("parked", taken.parked);
    body.field("upTo", taken.upTo).field("next", taken.next).end();
    return json(body.text());
}

http::Response retry(DeadLetterDesk& desk, const Call& call) {
    JsonBody body(call.request);
    const auto order = readOrder(call, body.root());
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return answered(desk.retry(order), order.terms.dryRun);
}

http::Response discard(DeadLetterDesk& desk, const Call& call) {
    JsonBody body(call.request);
    const auto order = readOrder(call, body.root());
    if (!order.terms.reason && !order.terms.dryRun)
        body.root().refuse("reason", "is required: the listener never has these events");
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return answered(desk.discard(order), order.terms.dryRun);
}

} // namespace

void addDeadLetterRoutes(Router& router, DeadLetterDesk& desk) {
    const auto add = [&](const char* method, const char* path, auto handler) {
        router.add(method, std::string{"/admin/api/v1/dead-letters"} + path, Access::admin,
                   [&desk, handler](const Call& call) { return handler(desk, call); });
    };
    add("GET", "", letters);
    add("GET", "/groups", groups);
    add("GET", "/{letterId}", letter);
    add("POST", "/retry", retry);
    add("POST", "/discard", discard);
}

} // namespace outboxd::api
