// How strictly bodies, queries, keys and cursors are read.
#include "api/idempotent.hpp"
#include "api/json_body.hpp"
#include "api/query.hpp"
#include "tests/unit/api_fixture.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace outboxd;
namespace data = boost::unit_test::data;

namespace {

struct Wrong {
    std::string body;
    std::string code;
    std::vector<std::string> errors;
};
std::ostream& operator<<(std::ostream& out, const Wrong& one) { return out << one.body.substr(0, 80); }

const std::string kWhole = "must be a whole number that fits 64 bits";
const std::string kNoNumber = "must be a whole number, not text or anything else";

const std::vector<Wrong> kWrongOrders{
    {R"({"userId":18446744073709551616,"lines":[{"productId":1,"quantity":1}]})",
     "invalid_request",
     {"/userId: " + kWhole}},
    {R"({"userId":9223372036854775808,"lines":[{"productId":1,"quantity":1}]})",
     "invalid_request",
     {"/userId: " + kWhole}},
    {R"({"userId":1.5,"lines":[{"productId":1,"quantity":1}]})", "invalid_request", {"/userId: " + kWhole}},
    {R"({"userId":1.0,"lines":[{"productId":1,"quantity":1}]})", "invalid_request", {"/userId: " + kWhole}},
    {R"({"userId":1e3,"lines":[{"productId":1,"quantity":1}]})", "invalid_request", {"/userId: " + kWhole}},
    {R"({"userId":"12","lines":[{"productId":1,"quantity":1}]})",
     "invalid_request",
     {"/userId: " + kNoNumber}},
    {R"({"userId":true,"lines":[{"productId":1,"quantity":1}]})",
     "invalid_request",
     {"/userId: " + kNoNumber}},
    {R"({"userId":null,"lines":[{"productId":1,"quantity":1}]})",
     "invalid_request",
     {"/userId: " + kNoNumber}},
    {R"({"userId":{},"lines":[{"productId":1,"quantity":1}]})", "invalid_request", {"/userId: " + kNoNumber}},
    {R"({"userId":1,"userId":2,"lines":[{"productId":1,"quantity":1}]})",
     "invalid_request",
     {"/userId: is given more than once"}},
    {R"({"userId":1,"lines":[{"productId":1,"quantity":1,"quantity":1,"quantity":2}]})",
     "invalid_request",
     {"/lines/0/quantity: is given more than once"}},
    {R"({"usrId":1,"lines":[{"productId":1,"quantity":1}]})",
     "invalid_request",
     {"/userId: is required", "/usrId: is not known here; did you mean userId?"}},
    {R"({"userId":1,"lines":[{"productId":1,"quantity":1}],"a/b~c":1})",
     "invalid_request",
     {"/a~1b~0c: is not known here"}},
    {R"({"userId":1,"lines":{}})", "invalid_request", {"/lines: must be a list"}},
    {R"({"userId":1,"lines":[1]})", "invalid_request", {"/lines/0: must be an object"}},
    {R"({"userId":"1","lines":[{"productId":true,"quantity":1.5},{"quantity":1,"color":"red"}]})",
     "invalid_request",
     {"/userId: " + kNoNumber, "/lines/0/productId: " + kNoNumber, "/lines/0/quantity: " + kWhole,
      "/lines/1/productId: is required", "/lines/1/color: is not known here"}},
    {R"({})", "invalid_request", {"/userId: is required", "/lines: is required"}},
    {R"([])", "invalid_request", {": must be an object"}},
    {R"(1)", "invalid_request", {": must be an object"}},
    {R"({"userId":0,"lines":[{"productId":0,"quantity":0}]})",
     "invalid_request",
     {"/lines/0/productId: must be 1 or more", "/lines/0/quantity: must be from 1 to 1000000"}},
    {R"({"userId":1,)", "malformed_json", {}},
    {R"({"userId":1,"lines":[]} x)", "malformed_json", {}},
    {R"({"userId":1,"lines":[]}{})", "malformed_json", {}},
    {std::string("{\"userId\":1,\"lines\":[]}\0x", 25), "malformed_json", {}},
    {"{\"userId\":\"\xff\",\"lines\":[]}", "malformed_json", {}},
    {"{\"userId\":\"\\ud800\",\"lines\":[]}", "malformed_json", {}},
    {"\xef\xbb\xbf{}", "malformed_json", {}},
    {R"({"userId":01,"lines":[]})", "malformed_json", {}},
    {R"({"userId":+1,"lines":[]})", "malformed_json", {}},
    {R"({"userId":0x1,"lines":[]})", "malformed_json", {}},
    {R"({"userId":NaN,"lines":[]})", "malformed_json", {}},
    {R"({'userId':1})", "malformed_json", {}},
    {R"({"userId":1,})", "malformed_json", {}},
    {R"({"userId":1 /* one */})", "malformed_json", {}},
    {std::string(17, '['), "malformed_json", {}},
    {std::string(60'000, '['), "malformed_json", {}},
    {" ", "malformed_json", {}},
};

http::Request withQuery(std::vector<std::pair<std::string, std::string>> query) {
    http::Request request;
    request.query = std::move(query);
    return request;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_json, testing::ApiFixture)

BOOST_DATA_TEST_CASE_F(testing::ApiFixture, a_wrong_order_is_refused_with_every_fault_pointed_at,
                       data::make(kWrongOrders)) {
    const auto reply = post("/api/v1/orders", sample.body);
    BOOST_TEST(reply.status == 400);
    BOOST_TEST(reply.code() == sample.code);
    BOOST_TEST(reply.errors() == sample.errors, boost::test_tools::per_element());
    BOOST_TEST(reply.text("/message") == reply.text("/detail"));
    BOOST_TEST(reply.text("/trace_id") == "4bf92f3577b34da6a3ce929d0e0e4736");
    BOOST_TEST(reply.text("/instance") == "/api/v1/orders");
    BOOST_TEST(rows.events().empty());
}

BOOST_AUTO_TEST_CASE(an_empty_body_is_refused) {
    auto asked = request("POST", "/api/v1/orders", "", "k");
    asked.headers.add("Content-Type", "application/json");
    BOOST_TEST(send(asked).code() == "malformed_json");
}

BOOST_AUTO_TEST_CASE(a_flood_of_faults_is_cut_short) {
    std::string body = R"({"userId":1,"lines":[])";
    for (int i = 0; i < 2'000; ++i) body += ",\"x" + std::to_string(i) + "\":1";
    BOOST_TEST(post("/api/v1/orders", body + "}").errors().size() == 32u);
}

BOOST_AUTO_TEST_CASE(only_json_in_utf8_is_taken) {
    const std::string body = R"({"name":"Tea","price":1,"stock":1})";
    const auto status = [&](const std::vector<std::pair<std::string, std::string>>& fields) {
        auto asked = request("POST", "/api/v1/products");
        asked.body = body;
        for (const auto& [name, value] : fields) asked.headers.add(name, value);
        return send(asked).status;
    };
    for (const char* good : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                             "application/json;charset=\"UTF-8\""})
        BOOST_TEST(status({{"Content-Type", good}}) == 201, good);
    for (const char* bad :
         {"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1",
          "application/jsonp", "application/json, text/plain", ""})
        BOOST_TEST(status({{"Content-Type", bad}}) == 415, bad);
    BOOST_TEST(status({}) == 415);
    BOOST_TEST(status({{"Content-Type", "application/json"}, {"Content-Type", "application/json"}}) == 415);
    BOOST_TEST(status({{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}) == 415);
}

BOOST_AUTO_TEST_CASE(the_edges_of_64_bits_are_read_exactly) {
    auto asked = request("POST", "/", R"({"a":9223372036854775807,"b":-9223372036854775808,"c":"\u00e4\n"})");
    api::JsonBody body(asked);
    BOOST_TEST(body.root().integer("a") == std::numeric_limits<std::int64_t>::max());
    BOOST_TEST(body.root().integer("b") == std::numeric_limits<std::int64_t>::min());
    BOOST_TEST(body.root().text("c") == "\xc3\xa4\n");
    BOOST_TEST(!body.root().optionalText("d").has_value());
    BOOST_TEST(!body.problem().has_value());
}

BOOST_AUTO_TEST_CASE(idempotency_keys_are_quoted_or_bare) {
    BOOST_TEST(*api::parseIdempotencyKey("\"8e03978e-40d5\"") == "8e03978e-40d5");
    BOOST_TEST(*api::parseIdempotencyKey("8e03978e-40d5") == "8e03978e-40d5");
    BOOST_TEST(*api::parseIdempotencyKey(R"("a\"b\\c,;")") == R"(a"b\c,;)");
    BOOST_TEST(api::parseIdempotencyKey(std::string(255, 'a')).has_value());
    for (const std::string& bad :
         {std::string{}, std::string{"\"\""}, std::string{"\""}, std::string{"a b"}, std::string{"\"a b\""},
          std::string{"\"a\"b"}, std::string{"\"a\\b\""}, std::string{"\"a\\\""}, std::string{"a,b"},
          std::string{"a;b"}, std::string{"\"a\";b"}, std::string{"\xc3\xa4"}, std::string(256, 'a')})
        BOOST_TEST(!api::parseIdempotencyKey(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(a_cursor_survives_the_round_trip_and_nothing_else_passes) {
    for (const std::int64_t position :
         {std::int64_t{0}, std::int64_t{7}, std::numeric_limits<std::int64_t>::max()})
        BOOST_TEST(*api::decodeCursor(api::encodeCursor(position)) == position);
    const auto good = api::encodeCursor(42);
    for (const std::string& bad :
         {std::string{}, std::string{"42"}, good + "A", good + "=", good.substr(1), std::string(100, 'A'),
          std::string{"YWZ0ZXI6"}, std::string{"YWZ0ZXI6MDc"}})
        BOOST_TEST(!api::decodeCursor(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(query_parameters_are_read_strictly) {
    const auto good = withQuery({{"limit", "100"}, {"cursor", api::encodeCursor(5)}});
    api::Query query(good);
    const auto page = query.page();
    BOOST_TEST(page.limit == 100);
    BOOST_TEST(*page.cursor == 5);
    BOOST_TEST(!query.problem().has_value());
    for (const auto& bad :
         std::vector<std::vector<std::pair<std::string, std::string>>>{{{"limit", "0"}},
                                                                       {{"limit", "101"}},
                                                                       {{"limit", "+5"}},
                                                                       {{"limit", "5 "}},
                                                                       {{"limit", ""}},
                                                                       {{"limit", "1e1"}},
                                                                       {{"limit", "99999999999"}},
                                                                       {{"limit", "5"}, {"limit", "5"}},
                                                                       {{"cursor", "x"}},
                                                                       {{"Limit", "5"}},
                                                                       {{"", ""}}}) {
        const auto wrong = withQuery(bad);
        api::Query asked(wrong);
        asked.page();
        const auto problem = asked.problem();
        BOOST_REQUIRE(problem.has_value());
        BOOST_TEST(problem->status == 400);
        BOOST_TEST(!problem->errors.at(0).parameter.empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
