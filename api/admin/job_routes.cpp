#include "api/admin/job_routes.hpp"

#include "api/admin/desk_support.hpp"
#include "scheduler/job_preview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace outboxd::api {

namespace {

using scheduler::JobDesk;
using scheduler::JobDetails;

constexpr std::size_t kPreviewed = 10; // runs to come
constexpr std::array<std::string_view, 6> kOutcomes{"RUNNING", "DONE",      "FAILED",
                                                    "LOST",    "CANCELLED", "SKIPPED"};

http::Problem problemFor(const scheduler::JobUnknown& unknown) {
    const auto end = unknown.suggestion.empty() ? "." : unknown.suggestion;
    return {404, "job_not_found", "No node has declared a job of this name" + end};
}

// Lists have the next run, a job alone has some.
void write(JsonWriter& body, const JobDetails& job, std::size_t previewed) {
    const auto preview = scheduler::previewOf(job, previewed);
    std::optional<core::Timestamp> next;
    if (!preview.next.empty()) next = preview.next.front();
    body.field("name", job.name).field("schedule", job.schedule).field("words", preview.words);
    body.field("zone", job.zone).field("nextRun", next);
    age(body, "lockAtMostMs", job.lockAtMost);
    age(body, "lockAtLeastMs", job.lockAtLeast).field("everyNode", !job.lockAtMost.has_value());
    body.field("declaredBy", job.declaredBy).field("declaredAt", job.declaredAt);
    const auto pause = job.pause.value_or(scheduler::JobPause{});
    body.field("paused", job.pause.has_value());
    body.field("pausedBy", job.pause ? std::optional(pause.by) : std::nullopt);
    body.field("pausedSince", job.pause ? std::optional(pause.since) : std::nullopt);
    body.field("pauseReason", job.pause ? std::optional(pause.reason) : std::nullopt);
    body.field("runAskedBy", job.ask ? std::optional(job.ask->by) : std::nullopt);
    body.field("runAskedAt", job.ask ? std::optional(job.ask->at) : std::nullopt);
    body.field("holder", job.holder.empty() ? std::nullopt : std::optional(job.holder));
    body.field("heldUntil", job.heldUntil);
    const auto last = job.last.value_or(scheduler::JobRunDetails{});
    body.field("lastOutcome", job.last ? std::optional(last.outcome) : std::nullopt);
    body.field("lastNode", job.last ? std::optional(last.node) : std::nullopt);
    body.field("lastTerm", last.term).field("lastPlanned", last.planned);
    body.field("lastStarted", job.last ? std::optional(last.started) : std::nullopt);
    body.field("lastEnded", last.ended).field("lastDetail", last.detail);
    if (previewed == 1) return;
    body.beginList("nextRuns");
    for (const auto time : preview.next) body.item(core::toRfc3339(time));
    body.endList();
}

void write(JsonWriter& body, const scheduler::JobRunDetails& run) {
    body.field("id", run.id).field("node", run.node).field("term", run.term).field("outcome", run.outcome);
    body.field("planned", run.planned).field("started", run.started).field("ended", run.ended);
    body.field("skipReason", run.skipReason).field("holder", run.holder).field("askedBy", run.askedBy);
    body.field("detail", run.detail);
}

http::Response list(JobDesk& desk, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto jobs = desk.jobs();
    JsonWriter body;
    body.begin().beginList("items");
    for (const auto& job : jobs.jobs) {
        body.begin();
        write(body, job, 1);
        body.end();
    }
    body.endList().field("runners", jobs.runners).end();
    return json(body.text());
}

http::Response show(JobDesk& desk, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto found = desk.job(call.texts[0]);
    if (const auto* unknown = std::get_if<scheduler::JobUnknown>(&found))
        return refuse(call, problemFor(*unknown));
    JsonWriter body;
    body.begin();
    write(body, std::get<JobDetails>(found), kPreviewed);
    body.end();
    return json(body.text());
}

http::Response history(JobDesk& desk, const Call& call) {
    Query query(call.request);
    const auto page = deskPage(query);
    const auto outcome = query.text("outcome", 16);
    if (const auto problem = query.problem()) return refuse(call, *problem);
    if (outcome && std::ranges::find(kOutcomes, *outcome) == kOutcomes.end())
        return refuse(call, invalidRequest({{"", fmt::format("must be one of {}", fmt::join(kOutcomes, ", ")),
                                             "outcome"}}));
    const auto found = desk.history(call.texts[0], outcome, page);
    if (const auto* unknown = std::get_if<scheduler::JobUnknown>(&found))
        return refuse(call, problemFor(*unknown));
    const auto& runs = std::get<scheduler::DeskList<scheduler::JobRunDetails>>(found);
    JsonWriter body;
    body.begin().beginList("items");
    for (const auto& run : runs.items) {
        body.begin();
        write(body, run);
        body.end();
    }
    nextCursor(body.endList(), runs.next).end();
    return json(body.text());
}

using Order = scheduler::JobAnswer (JobDesk::*)(const std::string&, const scheduler::OrderTerms&);

http::Response ordered(const Call& call, const scheduler::JobOrdered& done, bool run) {
    std::optional<std::int64_t> order;
    if (done.order != 0) order = done.order;
    JsonWriter body;
    body.begin().field("changed", done.changed).field("orderId", order);
    write(body, done.job, 1);
    body.end();
    auto response = json(body.text());
    if (run && order) { // it comes later
        response.status = 202;
        response.headers.add("Location",
                             fmt::format("/admin/api/v1/jobs/{}/orders/{}", call.texts[0], *order));
    }
    return response;
}

http::Response order(JobDesk& desk, const Call& call, Order order) {
    const bool pause = order == &JobDesk::pause, run = order == &JobDesk::runNow;
    JsonBody body(call.request);
    auto terms = whoAndWhy(call, body.root());
    if (pause && !terms.reason)
        body.root().refuse("reason", "is required: whoever finds the job paused has to know why");
    if (const auto problem = body.problem()) return refuse(call, *problem);
    return std::visit(
        Overloaded{[&](const scheduler::JobOrdered& done) { return ordered(call, done, run); },
                   [&](const scheduler::JobUnknown& unknown) { return refuse(call, problemFor(unknown)); },
                   [&](const scheduler::JobOfEveryNode&) {
                       return refuse(call, {409, "job_of_every_node",
                                            "Each node runs this job for itself, without a lock; it cannot "
                                            "be paused or ordered."});
                   }},
        (desk.*order)(call.texts[0], terms));
}

std::string_view name(scheduler::OrderedRun::State state) {
    using State = scheduler::OrderedRun::State;
    return state == State::waiting ? "WAITING" : state == State::running ? "RUNNING" : "ENDED";
}

http::Response orderedRun(JobDesk& desk, const Call& call) {
    if (const auto problem = refuseQuery(call)) return refuse(call, *problem);
    const auto found = desk.ordered(call.texts[0], call.ids[0]);
    if (!found) return refuse(call, notFound("order"));
    JsonWriter run;
    if (found->run) {
        run.begin();
        write(run, *found->run);
        run.end();
    }
    JsonWriter body;
    body.begin().field("orderId", found->order).field("at", found->at).field("actor", found->by);
    body.field("state", name(found->state)).json("run", found->run ? run.text() : "null").end();
    return json(body.text());
}

} // namespace

void addJobRoutes(Router& router, scheduler::JobDesk& desk) {
    const std::string jobs = "/admin/api/v1/jobs";
    const auto add = [&](const char* method, const std::string& path, auto handler) {
        router.add(method, jobs + path, Access::admin,
                   [&desk, handler](const Call& call) { return handler(desk, call); });
    };
    const auto take = [](Order one) {
        return [one](JobDesk& desk, const Call& call) { return order(desk, call, one); };
    };
    add("GET", "", list);
    add("GET", "/{job}", show);
    add("GET", "/{job}/history", history);
    add("POST", "/{job}/pause", take(&JobDesk::pause));
    add("POST", "/{job}/resume", take(&JobDesk::resume));
    add("POST", "/{job}/run", take(&JobDesk::runNow));
    add("GET", "/{job}/orders/{orderId}", orderedRun);
}

} // namespace outboxd::api
