// What operators see of dead letters and order of them over REST.
#include "api/admin/dead_letter_routes.hpp"
#include "tests/support/fake_letter_desk.hpp"
#include "tests/unit/admin_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::LetterFilter;
using scheduler::LetterState;

namespace {

struct LetterRoutes : AdminFixture {
    LetterRoutes() : AdminFixture("dead-letters") { api::addDeadLetterRoutes(router, desk); }

    FakeLetterDesk desk;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_dead_letters, LetterRoutes)

BOOST_AUTO_TEST_CASE(letters_are_filtered_and_paged) {
    desk.listed = {{{.id = 7, .listener = "ranking", .state = "HELD", .key = "k", .error = "no payload"}}, 7};
    const auto reply = get("", {{"listener", "ranking"}, {"state", "HELD"}, {"key", "k"}, {"limit", "1"}});
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.text("/items/0/state") == "HELD");
    BOOST_TEST(reply.text("/items/0/key") == "k");
    BOOST_TEST(isNull(reply, "/items/0/eventId"));
    BOOST_TEST(desk.asked.listener.value() == "ranking");
    BOOST_TEST((desk.asked.state == LetterState::held));
    BOOST_TEST(get("", {{"cursor", reply.text("/nextCursor")}}).status == 200);
    BOOST_TEST(desk.askedPage.after.value() == 7);
    const auto wrong = get("", {{"state", "LOST"}, {"since", "yesterday"}, {"kee", "x"}});
    BOOST_TEST(wrong.status == 400);
    BOOST_TEST(wrong.errors().size() == 3U);
}

BOOST_AUTO_TEST_CASE(groups_say_whether_they_are_all) {
    const auto reply = get("/groups", {{"listener", "ranking"}});
    BOOST_TEST(reply.number("/items/0/letters") == 5);
    BOOST_TEST(reply.text("/items/0/fingerprint") == "0123456789abcdef");
    BOOST_TEST(!rapidjson::Pointer("/complete").Get(reply.body)->GetBool());
    BOOST_TEST(get("/groups", {{"limit", "5"}}).status == 400);
}

BOOST_AUTO_TEST_CASE(a_letter_shows_text_as_text_and_other_bytes_in_base64) {
    desk.shown.line.id = 7;
    desk.shown.key = "\xff\xfe\xfd";
    desk.shown.keyBytes = 3;
    desk.shown.headers = {{{"id", "x"}, {"h", "\xff"}}};
    desk.shown.payload = "{\"a\":\"\xc3\xa4\"}";
    desk.shown.payloadBytes = 10;
    auto reply = get("/7");
    BOOST_TEST(isNull(reply, "/key"));
    BOOST_TEST(reply.text("/keyBase64") == "//79");
    BOOST_TEST(reply.text("/payload") == "{\"a\":\"\xc3\xa4\"}");
    BOOST_TEST(isNull(reply, "/payloadBase64"));
    BOOST_TEST(reply.text("/headers/0/value") == "x");
    BOOST_TEST(reply.text("/headers/1/valueBase64") == "/w==");
    BOOST_TEST(reply.number("/payloadBytes") == 10);

    desk.shown.payload = std::string(9, 'x') + "\xc3"; // cut within a character
    desk.shown.payloadBytes = scheduler::kShownPayload + 1;
    reply = get("/7");
    BOOST_TEST(reply.text("/payload") == "xxxxxxxxx");
    BOOST_TEST(rapidjson::Pointer("/payloadCut").Get(reply.body)->GetBool());

    desk.shown.payload.reset();
    desk.shown.payloadBytes = 0;
    desk.shown.headers.reset();
    reply = get("/7");
    BOOST_TEST(isNull(reply, "/payload"));
    BOOST_TEST(isNull(reply, "/payloadBytes"));
    BOOST_TEST(isNull(reply, "/headers"));
    BOOST_TEST(get("/8").code() == "dead_letter_not_found");
    BOOST_TEST(get("/x").status == 400);
}

BOOST_AUTO_TEST_CASE(a_retry_is_taken_with_its_filter_place_and_actor) {
    auto request = ApiFixture::request(
        "POST", "/admin/api/v1/dead-letters/retry",
        R"({"filter":{"fingerprint":"0123456789abcdef","state":"HELD"},"after":4,"upTo":70,"reason":"mended"})");
    request.headers.add("X-Operator", "kim");
    const auto reply = send(request);
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.number("/letters") == 3);
    BOOST_TEST(reply.number("/orderIds/0") == 9);
    BOOST_TEST(reply.number("/notFound/0") == 4);
    BOOST_TEST(reply.number("/parked/0") == 5);
    BOOST_TEST(reply.number("/next") == 60);
    const auto& order = desk.retries.at(0);
    BOOST_TEST((std::get<LetterFilter>(order.what).state == LetterState::held));
    BOOST_TEST(order.after.value() == 4);
    BOOST_TEST(order.upTo.value() == 70);
    BOOST_TEST(order.terms.actor == "admin:kim");
}

BOOST_AUTO_TEST_CASE(a_discard_needs_a_reason_unless_it_is_tried_dry) {
    BOOST_TEST(post("/discard", R"({"ids":[7]})").status == 400);
    BOOST_TEST(desk.discards.empty());
    BOOST_TEST(post("/discard", R"({"ids":[7],"dryRun":true})").status == 200);
    BOOST_TEST(post("/discard", R"({"ids":[7],"reason":"a foreign event"})").status == 200);
    BOOST_TEST(std::get<std::vector<std::int64_t>>(desk.discards.at(1).what).size() == 1U);
}

BOOST_AUTO_TEST_CASE(all_that_is_wrong_with_an_order_is_said_at_once) {
    const auto wrong = post("/retry", R"({"ids":[0],"after":1,"rate":5,"all":true})");
    BOOST_TEST(wrong.status == 400);
    BOOST_TEST(wrong.errors().size() == 4U);
    BOOST_TEST(post("/retry", R"({"filter":{"state":"LOST"}})").status == 400);
    BOOST_TEST(post("/retry", R"({})").status == 400);
    BOOST_TEST(get("/retry").status == 405);
    BOOST_TEST(desk.retries.empty());
}

BOOST_AUTO_TEST_SUITE_END()
