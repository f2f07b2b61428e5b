#include "api/admin/desk_support.hpp"

namespace outboxd::api {

namespace {

http::Response nodes(const Desks& desks, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonWriter body;
    body.begin().beginList("items");
    for (const auto& node : desks.outbox.nodes()) {
        body.begin().field("name", node.name).field("roles", node.roles).field("version", node.version);
        body.field("startedAt", node.startedAt).field("heartbeat", node.heartbeat).field("alive", node.alive);
        body.field("relaying", node.relaying).field("lanes", node.lanes).end();
    }
    body.endList().end();
    return json(body.text());
}

http::Response leases(const Desks& desks, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    JsonWriter body;
    body.begin().beginList("items");
    for (const auto& lease : desks.outbox.leases()) {
        body.begin()
            .field("name", lease.name)
            .field("holder", lease.holder)
            .field("lockedAt", lease.lockedAt);
        body.field("lockUntil", lease.lockUntil).field("valid", lease.valid).end();
    }
    body.endList().end();
    return json(body.text());
}

http::Response audit(const Desks& desks, const Call& call) {
    Query query(call.request);
    const auto page = deskPage(query);
    const auto action = query.text("action", 64);
    if (const auto problem = query.problem()) return refuse(call, *problem);
    const auto list = desks.outbox.audit(action, page);
    JsonWriter body;
    body.begin().beginList("items");
    for (const auto& entry : list.items) {
        body.begin().field("id", entry.id).field("at", entry.at).field("actor", entry.actor);
        body.field("action", entry.action).field("subject", entry.subject).json("detail", entry.detail);
        body.field("steps", entry.steps).end();
    }
    nextCursor(body.endList(), list.next).end();
    return json(body.text());
}

} // namespace

void addClusterRoutes(Router& router, const Desks& desks) {
    router.add("GET", "/admin/api/v1/nodes", Access::admin,
               [&desks](const Call& call) { return nodes(desks, call); });
    router.add("GET", "/admin/api/v1/leases", Access::admin,
               [&desks](const Call& call) { return leases(desks, call); });
    router.add("GET", "/admin/api/v1/audit", Access::admin,
               [&desks](const Call& call) { return audit(desks, call); });
}

} // namespace outboxd::api
