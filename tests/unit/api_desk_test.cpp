// What operators see and order over REST.
#include "api/admin/desk_routes.hpp"
#include "tests/support/fake_desk.hpp"
#include "tests/unit/admin_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::HeldFilter;

namespace {

struct DeskFixture : AdminFixture {
    DeskFixture() {
        api::addOutboxRoutes(router, desks);
        api::addTopicRoutes(router, desks);
        api::addClusterRoutes(router, desks);
    }
    static bool has(const ApiReply& reply, const std::string& error) {
        const auto errors = reply.errors();
        return std::ranges::find(errors, error) != errors.end();
    }

    FakeOutboxDesk outbox;
    FakeTopicDesk topics;
    FakeTopicCluster cluster;
    api::Desks desks{outbox, topics, &cluster};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_desk, DeskFixture)

BOOST_AUTO_TEST_CASE(only_who_shows_the_token_gets_in) {
    const auto request = ApiFixture::request("GET", "/admin/api/v1/outbox/summary");
    BOOST_TEST(send(request).status == 200);
    BOOST_TEST(send(request, std::nullopt).code() == "unauthenticated");
    BOOST_TEST(send(request, std::nullopt).header("WWW-Authenticate") == R"(Bearer realm="outboxd")");
    BOOST_TEST(send(request, "0123456789abcdeF").code() == "invalid_credentials");
    token.replace("");
    const auto reply = send(request);
    BOOST_TEST(reply.status == 401);
    BOOST_TEST(reply.code() == "admin_token_unset");
    BOOST_TEST(reply.text("/detail").find("admin.token_file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_summary_names_owners_and_ages_or_null) {
    outbox.shown.pending = 3;
    outbox.shown.lanes = {
        {.lane = 2, .pending = 3, .oldest = std::chrono::milliseconds{1500}, .owner = "n:1:u"}, {}};
    outbox.shown.kinds = {{"t.order", "order", "OrderPaid", 3, std::chrono::milliseconds{9}}};
    const auto reply = get("outbox/summary");
    BOOST_TEST(reply.number("/lanes/0/oldestPendingMs") == 1500);
    BOOST_TEST(reply.text("/lanes/0/owner") == "n:1:u");
    BOOST_TEST(rapidjson::Pointer("/lanes/1/owner").Get(reply.body)->IsNull());
    BOOST_TEST(reply.text("/kinds/0/topic") == "t.order");
}

BOOST_AUTO_TEST_CASE(held_keys_are_filtered_and_paged) {
    outbox.held = {{{.key = "k", .head = 7, .state = "FAILED", .error = "too large", .behind = 2}}, 7};
    const auto reply =
        get("outbox/held", {{"error", "large"}, {"since", "2026-11-21T09:00:00Z"}, {"limit", "1"}});
    BOOST_TEST(reply.number("/items/0/behind") == 2);
    BOOST_TEST(outbox.asked.error.value() == "large");
    BOOST_TEST(outbox.asked.since.has_value());
    BOOST_TEST(get("outbox/held", {{"cursor", reply.text("/nextCursor")}}).status == 200);
    BOOST_TEST(outbox.askedPage.after.value() == 7);
    const auto wrong = get("outbox/held", {{"since", "yesterday"}, {"limit", "0"}, {"kee", "x"}});
    BOOST_TEST(wrong.status == 400);
    BOOST_TEST(wrong.errors().size() == 3);
}

BOOST_AUTO_TEST_CASE(a_redrive_is_taken_with_its_selection_rate_and_actor) {
    auto request = ApiFixture::request("POST", "/admin/api/v1/outbox/redrive",
                                       R"({"filter":{"error":"large"},"rate":50,"reason":"limit raised"})");
    request.headers.add("X-Operator", "kim\xff@laptop");
    const auto reply = send(request);
    BOOST_TEST(reply.status == 202);
    BOOST_TEST(reply.header("Location") == "/admin/api/v1/outbox/orders/9");
    BOOST_TEST(reply.number("/steps") == 3);
    const auto& order = outbox.redrives.at(0);
    BOOST_TEST(std::get<HeldFilter>(order.what).error.value() == "large");
    BOOST_TEST(order.terms.perSecond.value() == 50);
    BOOST_TEST(order.terms.actor == "admin:kim?@laptop");
}

BOOST_AUTO_TEST_CASE(a_dry_run_and_an_order_without_anything_to_do_answer_200) {
    outbox.answer = scheduler::OrderTaken{0, 2, 5, {4}};
    const auto reply = post("outbox/redrive", R"({"ids":[4,7],"dryRun":true})");
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(rapidjson::Pointer("/orderId").Get(reply.body)->IsNull());
    BOOST_TEST(reply.number("/notFound/0") == 4);
    BOOST_TEST(outbox.redrives.at(0).terms.dryRun);
    outbox.answer = scheduler::OrderTooLarge{600'000, 500'000};
    BOOST_TEST(post("outbox/redrive", R"({"filter":{}})").code() == "order_too_large");
}

BOOST_AUTO_TEST_CASE(everything_wrong_with_an_order_is_named_and_nothing_is_done) {
    const auto reply =
        post("outbox/redrive", R"({"ids":[0,"x"],"key":"k","rate":0,"reason":"","dryRun":1,"why":2})");
    BOOST_TEST(reply.status == 400);
    BOOST_TEST(has(reply, "/key: cannot stand beside ids"));
    BOOST_TEST(has(reply, "/rate: must be 1 to 1000000"));
    BOOST_TEST(has(reply, "/reason: must be 1 to 500 bytes"));
    BOOST_TEST(has(reply, "/dryRun: must be true or false"));
    BOOST_TEST(has(reply, "/why: is not known here"));
    BOOST_TEST(has(post("outbox/redrive", "{}"), "/ids: is required"));
    BOOST_TEST(has(post("outbox/redrive", R"({"ids":[]})"), "/ids: must be a list of 1 to 1000"));
    BOOST_TEST(has(post("outbox/redrive", R"({"filter":{"sinc":"x","type":""}})"),
                   "/filter/type: must be 1 to 512 bytes"));
    BOOST_TEST(outbox.redrives.empty());
}

BOOST_AUTO_TEST_CASE(a_discard_needs_a_reason) {
    BOOST_TEST(
        has(post("outbox/discard", R"({"key":"k"})"), "/reason: is required: events are lost for good"));
    BOOST_TEST(post("outbox/discard", R"({"key":"k","dryRun":true})").status == 202);
    BOOST_TEST(post("outbox/discard", R"({"key":"k","reason":"r","wholeKeys":true})").status == 202);
    BOOST_TEST(outbox.discards.back().wholeKeys);
    BOOST_TEST(post("outbox/discard", R"({"ids":[1],"reason":"r","wholeKeys":true})").status == 400);
}

BOOST_AUTO_TEST_CASE(a_republication_is_of_ids_or_of_a_time_range) {
    BOOST_TEST(post("outbox/republish", R"({"ids":[1,2]})").status == 202);
    const auto range = R"({"from":"2026-11-21T09:00:00Z","to":"2026-11-21T10:00:00Z","types":["OrderPaid"]})";
    BOOST_TEST(post("outbox/republish", range).status == 202);
    BOOST_TEST(outbox.republishes.back().types.at(0) == "OrderPaid");
    BOOST_TEST(has(post("outbox/republish", R"({"from":"2026-11-21T09:00:00Z"})"), "/to: is required"));
    BOOST_TEST(has(post("outbox/republish", R"({"from":"2026-11-21T09:00:00Z","to":"2026-11-21T09:00:00Z"})"),
                   "/to: must be after from"));
    BOOST_TEST(
        has(post("outbox/republish", R"({"ids":[1],"types":["x"]})"), "/types: cannot stand beside ids"));
}

BOOST_AUTO_TEST_CASE(orders_and_events_are_shown_or_not_found) {
    const auto order = get("outbox/orders/9");
    BOOST_TEST(order.number("/pending") == 1);
    BOOST_TEST(!rapidjson::Pointer("/finished").Get(order.body)->GetBool());
    BOOST_TEST(get("outbox/orders/8").code() == "order_not_found");
    BOOST_TEST(get("outbox/events/7").number("/payloadBytes") == 12);
    BOOST_TEST(get("outbox/events/8").code() == "event_not_found");
    BOOST_TEST(get("outbox/events/x").status == 400);
}

BOOST_AUTO_TEST_CASE(topics_are_paused_resumed_and_refused) {
    BOOST_TEST(get("topics").number("/items/0/partitions") == 8);
    BOOST_TEST(post("topics/t.order/pause", R"({"reason":"upgrade"})").status == 202);
    BOOST_TEST(topics.ordered.back() == "pause t.order by admin");
    BOOST_TEST(post("topics/t order/pause", "{}").status == 400);
    topics.answer = scheduler::TopicIsPaused{};
    BOOST_TEST(post("topics/t.order/pause", "{}").code() == "topic_already_paused");
    topics.answer = scheduler::TopicNotPaused{};
    BOOST_TEST(post("topics/t.order/resume", "{}").code() == "topic_not_paused");
    topics.answer = scheduler::TopicIsChanging{4};
    BOOST_TEST(post("topics/t.order/resume", "{}").code() == "topic_is_changing");
}

BOOST_AUTO_TEST_CASE(a_repartition_asks_the_brokers_before_it_pauses_anything) {
    BOOST_TEST(post("topics/orders/repartition", R"({"partitions":8})").status == 202);
    BOOST_TEST(post("topics/orders/repartition", R"({"partitions":12})").code() == "too_few_partitions");
    BOOST_TEST(post("topics/orders/repartition", R"({"partitions":12,"grow":true})").status == 202);
    BOOST_TEST(topics.ordered.back() == "repartition orders 12");
    cluster.goDown();
    BOOST_TEST(post("topics/orders/repartition", R"({"partitions":12,"grow":true})").code() ==
               "kafka_unavailable");
    cluster.comeBack();
    cluster.now.partitions = 0;
    BOOST_TEST(post("topics/orders/repartition", R"({"partitions":1})").code() == "topic_not_found");
    BOOST_TEST(
        has(post("topics/orders/repartition", R"({"partitions":0})"), "/partitions: must be 1 to 10000"));
}

BOOST_AUTO_TEST_CASE(nodes_leases_and_the_audit_log_are_listed) {
    BOOST_TEST(get("nodes").number("/items/0/lanes") == 16);
    BOOST_TEST(get("leases").text("/items/0/name") == "outbox-lane-00");
    const auto audit = get("audit", {{"action", "outbox.redrive"}});
    BOOST_TEST(audit.text("/items/0/action") == "outbox.redrive");
    BOOST_TEST(audit.text("/items/0/detail/reason") == "x");
}

BOOST_AUTO_TEST_SUITE_END()
