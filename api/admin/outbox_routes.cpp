#include "api/admin/desk_support.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace outboxd::api {

namespace {

using scheduler::HeldFilter;
using scheduler::HeldSelection;

constexpr std::size_t kMostIds = 1000;
constexpr std::size_t kMostNames = 50;
constexpr std::size_t kLongestKey = 191 * 4, kLongestType = 128 * 4, kLongestError = 500;

http::Response summary(const Desks& desks, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto figures = desks.outbox.figures();
    JsonWriter body;
    body.begin().field("pending", figures.pending).field("failed", figures.failed);
    body.field("parked", figures.parked).field("paused", figures.paused);
    age(body, "oldestPendingMs", figures.oldest).beginList("lanes");
    for (const auto& lane : figures.lanes) {
        std::optional<std::string> owner;
        if (!lane.owner.empty()) owner = lane.owner;
        body.begin().field("lane", lane.lane).field("pending", lane.pending);
        age(body, "oldestPendingMs", lane.oldest).field("blockedKeys", lane.blockedKeys);
        body.field("owner", owner).field("leaseUntil", lane.leaseUntil).field("crashes", lane.crashes).end();
    }
    body.endList().beginList("kinds");
    for (const auto& kind : figures.kinds) {
        body.begin().field("topic", kind.topic).field("aggregateType", kind.aggregateType);
        body.field("type", kind.type).field("pending", kind.pending);
        body.field("oldestPendingMs", kind.oldest.count()).end();
    }
    body.endList().field("kindsComplete", figures.kindsComplete).end();
    return json(body.text());
}

http::Response held(const Desks& desks, const Call& call) {
    Query query(call.request);
    const auto page = deskPage(query);
    HeldFilter filter{query.text("key", kLongestKey), query.text("type", kLongestType),
                      query.text("aggregateType", kLongestType), query.text("error", kLongestError),
                      query.time("since")};
    if (const auto problem = query.problem()) return refuse(call, *problem);
    const auto list = desks.outbox.blocked(filter, page);
    JsonWriter body;
    body.begin().beginList("items");
    for (const auto& key : list.items) {
        std::optional<std::string> error;
        if (!key.error.empty()) error = key.error;
        body.begin().field("key", key.key).field("lane", key.lane).field("head", key.head);
        body.field("state", key.state).field("aggregateType", key.aggregateType).field("type", key.type);
        body.field("error", error).field("attempts", key.attempts).field("since", key.since);
        body.field("behind", key.behind).end();
    }
    nextCursor(body.endList(), list.next).end();
    return json(body.text());
}

http::Response event(const Desks& desks, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto found = desks.outbox.event(call.ids[0]);
    if (!found) return refuse(call, notFound("event"));
    JsonWriter body;
    body.begin().field("id", found->id).field("eventId", found->eventId).field("state", found->state);
    body.field("topic", found->topic).field("aggregateType", found->aggregateType);
    body.field("aggregateId", found->aggregateId).field("key", found->key).field("type", found->type);
    body.field("lane", found->lane).field("createdAt", found->createdAt);
    body.field("payloadBytes", found->payloadBytes).field("headers", found->headers);
    body.field("attempts", found->attempts).field("error", found->error);
    body.field("heldSince", found->heldSince).end();
    return json(body.text());
}

std::vector<std::int64_t> readIds(JsonObject& body) {
    auto ids = body.optionalIntegers("ids", kMostIds);
    if (std::ranges::any_of(ids, [](auto id) { return id < 1; }))
        body.refuse("ids", "must be 1 or more, each");
    return ids;
}

std::optional<std::string> named(JsonObject& body, std::string_view name, std::size_t longest) {
    auto text = body.optionalText(name);
    if (text && (text->empty() || text->size() > longest))
        body.refuse(name, fmt::format("must be 1 to {} bytes", longest));
    return text;
}

// One of ids, key and filter.
HeldSelection readSelection(JsonObject& body) {
    const auto given = body.exactlyOne({"ids", "key", "filter"});
    if (given == "ids") return readIds(body);
    HeldFilter filter;
    if (given == "key") filter.key = named(body, "key", kLongestKey);
    body.optionalObject("filter", [&](JsonObject& one) {
        filter = {named(one, "key", kLongestKey), named(one, "type", kLongestType),
                  named(one, "aggregateType", kLongestType), named(one, "error", kLongestError),
                  one.optionalTime("since")};
    });
    return filter;
}

http::Response answered(const Call& call, const scheduler::OrderAnswer& answer, bool dryRun) {
    if (const auto* taken = std::get_if<scheduler::OrderTaken>(&answer)) return toResponse(*taken, dryRun);
    const auto& large = std::get<scheduler::OrderTooLarge>(answer);
    return refuse(call, {422, "order_too_large",
                         fmt::format("This would take {} steps, and an order may have {}. Narrow it.",
                                     large.steps, large.most)});
}

http::Response redrive(const Desks& desks, const Call& call) {
    JsonBody body(call.request);
    scheduler::Redrive order{readSelection(body.root()), orderTerms(call, body.root())};
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return answered(call, desks.outbox.redrive(order), order.terms.dryRun);
}

http::Response discard(const Desks& desks, const Call& call) {
    JsonBody body(call.request);
    auto& root = body.root();
    scheduler::Discard order{readSelection(root), root.flag("wholeKeys"), orderTerms(call, root)};
    if (!order.terms.reason && !order.terms.dryRun)
        root.refuse("reason", "is required: events are lost for good");
    if (order.wholeKeys && std::holds_alternative<std::vector<std::int64_t>>(order.what))
        root.refuse("wholeKeys", "cannot stand beside ids");
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return answered(call, desks.outbox.discard(order), order.terms.dryRun);
}

http::Response republish(const Desks& desks, const Call& call) {
    JsonBody body(call.request);
    auto& root = body.root();
    scheduler::Republish order{.terms = orderTerms(call, root)};
    if (root.exactlyOne({"ids", "from"}) == "ids") {
        order.ids = readIds(root);
        for (const auto* name : {"to", "types", "aggregateTypes"})
            if (root.has(name)) root.refuse(name, "cannot stand beside ids");
    } else {
        order.from = root.time("from");
        order.to = root.time("to");
        order.types = root.optionalTexts("types", kMostNames);
        order.aggregateTypes = root.optionalTexts("aggregateTypes", kMostNames);
        if (order.to != core::Timestamp{} && order.to <= order.from) root.refuse("to", "must be after from");
    }
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return answered(call, desks.outbox.republish(order), order.terms.dryRun);
}

http::Response order(const Desks& desks, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto found = desks.outbox.order(call.ids[0]);
    if (!found) return refuse(call, notFound("order"));
    std::optional<std::string> phase;
    if (!found->phase.empty()) phase = found->phase;
    JsonWriter body;
    body.begin().field("orderId", found->order.id).field("action", found->order.action);
    body.field("subject", found->order.subject)
        .field("actor", found->order.actor)
        .field("at", found->order.at);
    body.json("detail", found->order.detail).field("finished", found->finished());
    body.field("steps", found->order.steps).field("done", found->done).field("pending", found->pending);
    body.field("affected", found->affected).field("nextAt", found->nextAt);
    body.field("phase", phase).field("trouble", found->trouble).end();
    return json(body.text());
}

} // namespace

void addOutboxRoutes(Router& router, const Desks& desks) {
    const auto add = [&](const char* method, const char* path, auto handler) {
        router.add(method, std::string{"/admin/api/v1/outbox/"} + path, Access::admin,
                   [&desks, handler](const Call& call) { return handler(desks, call); });
    };
    add("GET", "summary", summary);
    add("GET", "held", held);
    add("GET", "events/{eventId}", event);
    add("POST", "redrive", redrive);
    add("POST", "discard", discard);
    add("POST", "republish", republish);
    add("GET", "orders/{orderId}", order);
}

} // namespace outboxd::api
