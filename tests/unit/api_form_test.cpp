// What all resources have in common: conditional requests, and paths without a version.
#include "tests/unit/api_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;

namespace {

struct Conditional : testing::ApiFixture {
    testing::ApiReply ifNoneMatch(const std::string& path, const std::string& value,
                                  const std::string& method = "GET") {
        auto asked = request(method, path);
        asked.headers.add("if-none-match", value);
        return send(asked);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_form, Conditional)

BOOST_AUTO_TEST_CASE(a_client_that_has_the_product_already_gets_304_without_a_body) {
    const auto path = "/api/v1/products/" + std::to_string(product(300, 5));
    const auto first = get(path);
    const auto tag = first.header("ETag");
    BOOST_TEST(tag.size() == 34u);
    BOOST_TEST(first.header("Cache-Control") == "no-cache");

    for (const auto& list : {tag, "W/" + tag, "\"other\", " + tag, "\"a,b\" ," + tag, std::string{"*"}}) {
        for (const char* method : {"GET", "HEAD"}) {
            const auto same = ifNoneMatch(path, list, method);
            BOOST_TEST(same.status == 304, list);
            BOOST_TEST(same.response.body == "");
            BOOST_TEST(same.response.contentType == "");
            BOOST_TEST(same.header("ETag") == tag);
        }
    }
    for (const std::string& list :
         {std::string{"\"other\""}, std::string{"W/\"other\""}, tag.substr(1, 32), tag.substr(0, 33),
          std::string{}, std::string{","}, std::string{"\""}, "nonsense " + tag})
        BOOST_TEST(ifNoneMatch(path, list).status == 200, list);

    auto twice = request("GET", path);
    twice.headers.add("If-None-Match", "\"other\"");
    twice.headers.add("If-None-Match", tag);
    BOOST_TEST(send(twice).status == 304);
}

BOOST_AUTO_TEST_CASE(a_changed_thing_has_another_tag) {
    const auto tea = product(300, 5);
    const auto buyer = user(1000);
    const auto order = post("/api/v1/orders", orderOf(buyer, tea, 1)).header("Location");
    const auto before = get(order).header("ETag");
    BOOST_TEST(get(order).header("ETag") == before);
    post(order + "/payment", userBody(buyer));
    BOOST_TEST(ifNoneMatch(order, before).status == 200);
    BOOST_TEST(get(order).header("ETag") != before);
}

BOOST_AUTO_TEST_CASE(head_has_the_fields_and_the_length_of_get) {
    const auto path = "/api/v1/products/" + std::to_string(product(300, 5));
    const auto whole = get(path);
    const auto head = send(request("HEAD", path));
    BOOST_TEST(head.status == 200);
    BOOST_TEST(head.header("ETag") == whole.header("ETag"));
    BOOST_TEST(head.response.body.size() == whole.response.body.size()); // the edge leaves it out
}

BOOST_AUTO_TEST_CASE(what_is_not_there_has_no_tag) {
    const auto reply = ifNoneMatch("/api/v1/products/77", "*");
    BOOST_TEST(reply.status == 404);
    BOOST_TEST(reply.header("ETag") == "");
}

BOOST_AUTO_TEST_CASE(without_its_version_a_path_refuses_with_400_and_a_message) {
    const auto poor = user(1);
    const auto none = product(1, 0);
    const auto versioned = post("/api/v1/orders", orderOf(poor, none, 1));
    BOOST_TEST(versioned.status == 409);
    const auto plain = post("/api/orders", orderOf(poor, none, 1));
    BOOST_TEST(plain.status == 400);
    BOOST_TEST(plain.number("/status") == 400);
    BOOST_TEST(plain.code() == versioned.code());
    BOOST_TEST(plain.text("/message") == versioned.text("/message"));
    BOOST_TEST(plain.response.contentType == "application/problem+json");
    BOOST_TEST(get("/api/users/77").status == 400);
    BOOST_TEST(get("/api/users/77").code() == "user_not_found");
}

BOOST_AUTO_TEST_CASE(what_is_no_refusal_keeps_its_status_without_a_version) {
    rows.hold("anonymous", "k");
    BOOST_TEST(post("/api/users/1/points/charges", R"({"amount":1})", "k").status == 409); // come again
    auto text = request("POST", "/api/orders", "hello", "key");
    text.headers = {};
    text.headers.add("Idempotency-Key", "key");
    BOOST_TEST(send(text).status == 415);
    BOOST_TEST(get("/api/nothing").status == 404);
    BOOST_TEST(send(request("DELETE", "/api/products")).status == 405);
    BOOST_TEST(post("/api/users/1/points/charges", R"({"amount":"1"})").status == 400);
}

BOOST_AUTO_TEST_CASE(the_page_of_the_documentation_needs_nothing_but_itself) {
    const auto page = get("/docs");
    BOOST_TEST(page.status == 200);
    BOOST_TEST(page.response.contentType == "text/html; charset=utf-8");
    const auto policy = page.header("Content-Security-Policy");
    BOOST_TEST(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    BOOST_TEST(policy.find("unsafe") == std::string::npos);
    for (const char* outside : {"<script", "http:", "https:", "src=", "url(", "@import", "<link", " style="})
        BOOST_TEST(page.response.body.find(outside) == std::string::npos, outside);
    for (const auto& route : router.routes())
        BOOST_TEST(page.response.body.find("</span> " + route.substr(route.find(' ') + 1) + "</span>") !=
                       std::string::npos,
                   route);
    BOOST_TEST(ifNoneMatch("/docs", page.header("ETag")).status == 304);
}

BOOST_AUTO_TEST_SUITE_END()
