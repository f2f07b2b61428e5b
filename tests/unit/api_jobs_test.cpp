// What operators see of jobs and order of them over REST.
#include "api/admin/job_routes.hpp"
#include "tests/support/fake_job_desk.hpp"
#include "tests/unit/admin_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;

namespace {

struct JobsFixture : AdminFixture {
    JobsFixture() : AdminFixture("jobs") {
        api::addJobRoutes(router, desk);
        desk.shown.seen = core::fromRfc3339("2026-11-21T10:00:05Z").value();
        desk.shown.lockAtMost = std::chrono::seconds{30};
    }
    ApiReply post(const std::string& path, std::string body) {
        auto request = ApiFixture::request("POST", base + path, std::move(body));
        request.headers.add("X-Operator", "kim");
        return send(std::move(request));
    }
    static bool isTrue(const ApiReply& reply, const char* pointer) {
        return rapidjson::Pointer(pointer).Get(reply.body)->GetBool();
    }

    FakeJobDesk desk;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_jobs, JobsFixture)

BOOST_AUTO_TEST_CASE(the_list_has_each_job_in_words_with_its_next_run) {
    desk.shown.pause = scheduler::JobPause{desk.shown.seen, "admin:lee", "stock is counted"};
    const auto reply = get("");
    BOOST_TEST(reply.number("/runners") == 2);
    BOOST_TEST(reply.text("/items/0/name") == "tidy-up");
    BOOST_TEST(reply.text("/items/0/words") == "every hour");
    BOOST_TEST(reply.text("/items/0/nextRun") == "2026-11-21T11:00:05.000000Z");
    BOOST_TEST(reply.number("/items/0/lockAtMostMs") == 30'000);
    BOOST_TEST(reply.text("/items/0/pausedBy") == "admin:lee");
    BOOST_TEST(isNull(reply, "/items/0/lastOutcome"));
    BOOST_TEST(isNull(reply, "/items/0/holder"));
}

BOOST_AUTO_TEST_CASE(one_job_has_its_next_ten_runs_and_an_unknown_one_the_nearest_name) {
    desk.shown.last = scheduler::JobRunDetails{.id = 3, .node = "n-1", .outcome = "DONE", .term = "n-1:7:u"};
    const auto reply = get("/tidy-up");
    BOOST_TEST(rapidjson::Pointer("/nextRuns").Get(reply.body)->Size() == 10U);
    BOOST_TEST(reply.text("/nextRuns/9") == "2026-11-21T20:00:05.000000Z");
    BOOST_TEST(reply.text("/lastTerm") == "n-1:7:u");
    const auto unknown = get("/tidy-op");
    BOOST_TEST(unknown.status == 404);
    BOOST_TEST(unknown.code() == "job_not_found");
    BOOST_TEST(unknown.text("/detail") == "No node has declared a job of this name; did you mean tidy-up?");
}

BOOST_AUTO_TEST_CASE(the_history_is_paged_and_filtered_by_outcome) {
    desk.runs = {
        {{.id = 8, .node = "n-2", .outcome = "SKIPPED", .skipReason = "HELD_ELSEWHERE", .holder = "n-1:7:u"}},
        8};
    const auto reply = get("/tidy-up/history", {{"outcome", "SKIPPED"}, {"limit", "1"}});
    BOOST_TEST(reply.text("/items/0/skipReason") == "HELD_ELSEWHERE");
    BOOST_TEST(reply.text("/items/0/holder") == "n-1:7:u");
    BOOST_TEST(isNull(reply, "/items/0/ended"));
    BOOST_TEST(desk.asked.value() == "SKIPPED");
    BOOST_TEST(get("/tidy-up/history", {{"cursor", reply.text("/nextCursor")}}).status == 200);
    BOOST_TEST(desk.askedPage.after.value() == 8);
    BOOST_TEST(get("/tidy-up/history", {{"outcome", "BROKEN"}}).status == 400);
    BOOST_TEST(get("/other/history").code() == "job_not_found");
}

BOOST_AUTO_TEST_CASE(a_pause_says_why_and_by_whom) {
    const auto reply = post("/tidy-up/pause", R"({"reason":"stock is counted"})");
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(isTrue(reply, "/changed"));
    BOOST_TEST(reply.number("/orderId") == 9);
    BOOST_TEST(desk.orders.back() == "pause tidy-up by admin:kim: stock is counted");
    const auto silent = post("/tidy-up/pause", "{}");
    BOOST_TEST(silent.status == 400);
    BOOST_TEST(silent.errors().at(0) == "/reason: is required: whoever finds the job paused has to know why");
    BOOST_TEST(post("/tidy-up/pause", R"({"reason":"x","dryRun":true})").status == 400);
    BOOST_TEST(desk.orders.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_so_already_is_told_and_changes_nothing) {
    desk.shown.pause = scheduler::JobPause{desk.shown.seen, "admin:lee", "stock is counted"};
    desk.answer = scheduler::JobOrdered{0, false, desk.shown};
    const auto reply = post("/tidy-up/pause", R"({"reason":"me too"})");
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(!isTrue(reply, "/changed"));
    BOOST_TEST(isNull(reply, "/orderId"));
    BOOST_TEST(reply.text("/pausedBy") == "admin:lee");
    BOOST_TEST(reply.text("/pauseReason") == "stock is counted");
}

BOOST_AUTO_TEST_CASE(a_run_is_ordered_and_can_be_followed_to_its_end) {
    const auto taken = post("/tidy-up/run", "{}");
    BOOST_TEST(taken.status == 202);
    BOOST_TEST(taken.header("Location") == "/admin/api/v1/jobs/tidy-up/orders/9");
    BOOST_TEST(desk.orders.back() == "run tidy-up by admin:kim: -");
    const auto waiting = get("/tidy-up/orders/9");
    BOOST_TEST(waiting.text("/state") == "WAITING");
    BOOST_TEST(isNull(waiting, "/run"));
    desk.run.state = scheduler::OrderedRun::State::ended;
    desk.run.run = scheduler::JobRunDetails{.node = "n-1", .outcome = "FAILED", .detail = "no disk"};
    const auto ended = get("/tidy-up/orders/9");
    BOOST_TEST(ended.text("/state") == "ENDED");
    BOOST_TEST(ended.text("/run/detail") == "no disk");
    BOOST_TEST(get("/tidy-up/orders/8").code() == "order_not_found");
}

BOOST_AUTO_TEST_CASE(a_job_that_each_node_runs_for_itself_cannot_be_ordered) {
    desk.answer = scheduler::JobOfEveryNode{};
    BOOST_TEST(post("/tidy-up/run", "{}").code() == "job_of_every_node");
    desk.answer = scheduler::JobUnknown{};
    BOOST_TEST(post("/tidy-up/resume", "{}").text("/detail") == "No node has declared a job of this name.");
}

BOOST_AUTO_TEST_SUITE_END()
