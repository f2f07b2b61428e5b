// The best sellers over the API.
#include "tests/unit/api_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;

namespace {

struct Top5 : testing::ApiFixture {
    void sell(std::int64_t product, std::int64_t quantity) {
        sales.put(
            {.id = {product}, .name = "p" + std::to_string(product), .price = core::Money{300}, .stock = 7});
        sales.add(std::vector<commerce::Sale>{{core::newEventId(clock),
                                               std::chrono::floor<std::chrono::hours>(clock.today()),
                                               {{{product}, quantity}}}});
    }
    testing::ApiReply ask(const std::string& ifNoneMatch = {}) {
        auto asked = request("GET", "/api/v1/products/top5");
        if (!ifNoneMatch.empty()) asked.headers.add("If-None-Match", ifNoneMatch);
        return send(asked);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_top5, Top5)

BOOST_AUTO_TEST_CASE(five_products_by_quantity_then_by_id) {
    for (int product = 1; product <= 7; ++product) sell(product, product < 3 ? 1 : 2);
    sales.completeUpTo(clock.today());
    const auto reply = ask();
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.response.body.starts_with(
        R"({"asOf":"2026-01-01T00:00:00.000000Z","items":[{"productId":3,"name":"p3","price":300,"stock":7,"sold":2},)"));
    BOOST_TEST(reply.body["items"].Size() == 5u);
    BOOST_TEST(reply.number("/items/4/productId") == 7);
    BOOST_TEST(get("/api/products/top5").response.body == reply.response.body);
}

BOOST_AUTO_TEST_CASE(nothing_sold_yet_is_an_empty_list_of_no_time) {
    BOOST_TEST(ask().response.body == R"({"asOf":null,"items":[]})");
}

BOOST_AUTO_TEST_CASE(a_client_that_has_the_answer_gets_a_304_until_it_changes) {
    sell(1, 1);
    const auto first = ask();
    const auto etag = first.header("ETag");
    BOOST_TEST(etag.size() == 34u);
    BOOST_TEST(first.header("Cache-Control") == "no-cache");
    const auto same = ask(etag);
    BOOST_TEST(same.status == 304);
    BOOST_TEST(same.response.body == "");
    BOOST_TEST(same.header("ETag") == etag);
    sell(1, 1);
    clock.advance(1s);
    BOOST_TEST(ask(etag).status == 200);
    BOOST_TEST(ask(etag).header("ETag") != etag);
}

BOOST_AUTO_TEST_CASE(nothing_known_and_the_database_away_is_503) {
    sales.goDown();
    BOOST_TEST(ask().status == 503);
    BOOST_TEST(ask().code() == "database_unavailable");
}

BOOST_AUTO_TEST_SUITE_END()
