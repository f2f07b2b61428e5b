#include "api/admin/reconcile_routes.hpp"

#include "api/admin/desk_support.hpp"

#include <fmt/format.h>

namespace outboxd::api {

namespace {

using commerce::reconcile::Mode;
using commerce::reconcile::RunDesk;
using commerce::reconcile::RunView;

constexpr std::size_t kMostChecks = 100;

void fields(JsonWriter& body, const RunView& run) {
    body.field("runId", run.id).field("mode", run.mode).field("state", run.state);
    body.beginList("checks");
    for (const auto& check : run.checks) body.item(check);
    body.endList().field("askedBy", run.askedBy).field("reason", run.reason).field("askedAt", run.askedAt);
    body.field("node", run.node).field("startedAt", run.startedAt).field("endedAt", run.endedAt);
    body.field("cancelledBy", run.cancelledBy).field("found", run.found).field("repaired", run.repaired);
}

http::Response start(RunDesk& desk, const Call& call) {
    JsonBody body(call.request);
    auto& root = body.root();
    const bool repair = root.flag("repair");
    commerce::reconcile::RunOrder order;
    order.checks = root.optionalTexts("checks", kMostChecks);
    auto terms = orderTerms(call, root);
    if (terms.perSecond) root.refuse("rate", "makes no sense here");
    if (const auto problem = body.problem()) return refuse(call, *problem);
    order.mode = terms.dryRun ? Mode::dry_run : repair ? Mode::repair : Mode::report;
    order.reason = std::move(terms.reason);
    order.actor = std::move(terms.actor);
    return std::visit(
        Overloaded{
            [&](const commerce::reconcile::RunAsked& asked) {
                JsonWriter written;
                written.begin().field("runId", asked.run).end();
                auto response = json(written.text());
                response.status = 202;
                response.headers.add("Location", fmt::format("/admin/api/v1/reconcile/runs/{}", asked.run));
                return response;
            },
            [&](const commerce::reconcile::UnknownChecks& unknown) {
                return refuse(call,
                              {422, "unknown_check",
                               fmt::format("There is no check {}. There are {}.",
                                           fmt::join(unknown.names, ", "), fmt::join(unknown.known, ", "))});
            },
            [&](const commerce::reconcile::TooManyRuns& many) {
                return refuse(call, {409, "too_many_runs",
                                     fmt::format("{} runs wait already. Is there a node with the role jobs?",
                                                 many.waiting)});
            }},
        desk.order(order));
}

http::Response list(RunDesk& desk, const Call& call) {
    Query query(call.request);
    const auto page = deskPage(query);
    if (const auto problem = query.problem()) return refuse(call, *problem);
    const auto runs = desk.runs(page.limit, page.after);
    JsonWriter body;
    body.begin().beginList("items");
    for (const auto& run : runs.items) {
        fields(body.begin(), run);
        body.end();
    }
    nextCursor(body.endList(), runs.next).end();
    return json(body.text());
}

http::Response show(RunDesk& desk, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto run = desk.run(call.ids[0]);
    if (!run) return refuse(call, notFound("run"));
    JsonWriter body;
    fields(body.begin(), *run);
    body.beginList("made");
    for (const auto& check : desk.checks(run->id)) {
        body.begin().field("check", check.name).field("found", check.result.found);
        body.field("repaired", check.result.repaired).field("error", check.result.error).end();
    }
    body.endList().end();
    return json(body.text());
}

http::Response findings(RunDesk& desk, const Call& call) {
    Query query(call.request);
    const auto page = deskPage(query);
    if (const auto problem = query.problem()) return refuse(call, *problem);
    if (!desk.run(call.ids[0])) return refuse(call, notFound("run"));
    const auto found = desk.findings(call.ids[0], page.limit, page.after);
    JsonWriter body;
    body.begin().beginList("items");
    for (const auto& one : found.items) {
        body.begin().field("line", one.line).field("check", one.check).field("subject", one.finding.subject);
        body.field("id", one.finding.id).field("expected", one.finding.expected);
        body.field("found", one.finding.found).field("verdict", one.verdict).field("remedy", one.remedy);
        body.field("auditId", one.audit).end();
    }
    nextCursor(body.endList(), found.next).end();
    return json(body.text());
}

http::Response cancel(RunDesk& desk, const Call& call) {
    JsonBody body(call.request);
    const auto terms = orderTerms(call, body.root());
    if (const auto problem = body.problem()) return refuse(call, *problem);
    if (!desk.run(call.ids[0])) return refuse(call, notFound("run"));
    if (!desk.cancel(call.ids[0], terms.actor))
        return refuse(call, {409, "run_has_ended", "This run has ended, or is being cancelled already."});
    JsonWriter written;
    written.begin().field("runId", call.ids[0]).end();
    return json(written.text());
}

} // namespace

void addReconcileRoutes(Router& router, RunDesk& desk) {
    const auto add = [&](const char* method, const char* path, auto handler) {
        router.add(method, std::string{"/admin/api/v1/reconcile/runs"} + path, Access::admin,
                   [&desk, handler](const Call& call) { return handler(desk, call); });
    };
    add("POST", "", start);
    add("GET", "", list);
    add("GET", "/{runId}", show);
    add("GET", "/{runId}/findings", findings);
    add("POST", "/{runId}/cancel", cancel);
}

} // namespace outboxd::api
