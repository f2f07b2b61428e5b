// The endpoints, over a shop in memory.
#include "api/problems.hpp"
#include "api_embedded/openapi.hpp"
#include "tests/unit/api_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>

using namespace outboxd;
using namespace std::chrono_literals;

namespace {

class BrokenReader final : public commerce::ShopReader {
public:
    explicit BrokenReader(core::ErrorKind kind) : kind_(kind) {}
    std::optional<commerce::User> user(commerce::UserId) override { fail(); }
    std::optional<core::Money> balance(commerce::UserId) override { fail(); }
    commerce::Page<commerce::HistoryEntry> history(commerce::UserId, const commerce::PageRequest&) override {
        fail();
    }
    std::optional<commerce::Product> product(commerce::ProductId) override { fail(); }
    commerce::Page<commerce::Product> products(const commerce::PageRequest&) override { fail(); }
    commerce::Page<commerce::StockAdjustment> adjustments(commerce::ProductId,
                                                          const commerce::PageRequest&) override {
        fail();
    }
    std::optional<commerce::Cart> cart(commerce::UserId) override { fail(); }
    std::optional<commerce::Order> order(commerce::OrderId) override { fail(); }
    commerce::Page<commerce::Order> orders(commerce::UserId, std::optional<commerce::OrderState>,
                                           const commerce::PageRequest&) override {
        fail();
    }
    std::optional<commerce::Payment> payment(commerce::PaymentId) override { fail(); }
    std::optional<commerce::Refund> refund(commerce::RefundId) override { fail(); }
    commerce::Page<commerce::Refund> refunds(commerce::PaymentId, const commerce::PageRequest&) override {
        fail();
    }

private:
    [[noreturn]] void fail() const { throw core::Error(kind_, "10.0.0.7 said no", "database.password"); }
    core::ErrorKind kind_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_shop, testing::ApiFixture)

BOOST_AUTO_TEST_CASE(a_purchase_from_sign_up_to_payment) {
    const auto signedUp =
        post("/api/v1/users", R"({"username":"ann","email":"ann@example.com","phoneNumber":"1"})");
    BOOST_TEST(signedUp.status == 201);
    const auto user = signedUp.number("/userId");
    const auto userPath = "/api/v1/users/" + std::to_string(user);
    BOOST_TEST(signedUp.header("Location") == userPath);
    BOOST_TEST(get(userPath).text("/email") == "ann@example.com");

    const auto charged = post(userPath + "/points/charges", R"({"amount":1000})");
    BOOST_TEST(charged.status == 200);
    BOOST_TEST(charged.number("/balance") == 1000);

    const auto tea = product(300, 5);
    const auto placed = post("/api/v1/orders", orderOf(user, tea, 2));
    BOOST_TEST(placed.status == 201);
    const auto orderPath = placed.header("Location");
    BOOST_TEST(orderPath == "/api/v1/orders/" + std::to_string(placed.number("/orderId")));
    BOOST_TEST(placed.text("/state") == "WAITING");
    BOOST_TEST(placed.number("/total") == 600);
    BOOST_TEST(placed.number("/lines/0/quantity") == 2);
    BOOST_TEST(get("/api/v1/products/" + std::to_string(tea)).number("/stock") == 3);

    const auto paid = post(orderPath + "/payment", userBody(user));
    BOOST_TEST(paid.status == 201);
    BOOST_TEST(paid.number("/balance") == 400);
    BOOST_TEST(paid.text("/state") == "SUCCEEDED");
    BOOST_TEST(get(paid.header("Location")).number("/amount") == 600);
    BOOST_TEST(get(orderPath).text("/state") == "COMPLETE");
    BOOST_TEST(get(userPath + "/points").number("/balance") == 400);
    BOOST_TEST(get(userPath + "/points/history").number("/items/0/amount") == -600);
    BOOST_TEST(rows.events().back().type == "PaymentCompleted");
    BOOST_TEST(rows.events().back().headers->find("4bf92f3577b34da6a3ce929d0e0e4736") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_authorization_is_stored_once_per_key) {
    const std::string body = R"({"merchant":"m1","amount":500,"currency":"EUR","reference":"r1"})";
    const auto first = post("/api/v1/payments/authorizations", body, "\"k1\"");
    BOOST_TEST(first.status == 201);
    BOOST_TEST(first.text("/method") == "AUTHORIZATION");
    BOOST_TEST(first.header("Idempotent-Replayed") == "");

    const auto again = post("/api/v1/payments/authorizations", body, "k1"); // the same key, bare
    BOOST_TEST(again.status == 201);
    BOOST_TEST(again.response.body == first.response.body);
    BOOST_TEST(again.header("Location") == first.header("Location"));
    BOOST_TEST(again.header("Idempotent-Replayed") == "true");
    BOOST_TEST(post("/api/payments/authorizations", body, "k1").header("Idempotent-Replayed") == "true");
    BOOST_TEST(rows.events().size() == 1u);

    const auto other = post("/api/v1/payments/authorizations",
                            R"({"merchant":"m1","amount":501,"currency":"EUR","reference":"r1"})", "k1");
    BOOST_TEST(other.status == 422);
    BOOST_TEST(other.code() == "idempotency_key_reused");
}

BOOST_AUTO_TEST_CASE(what_moves_money_or_stock_needs_a_key) {
    for (const std::string path : {"/api/v1/users/1/points/charges", "/api/v1/orders",
                                   "/api/v1/orders/1/payment", "/api/v1/payments/authorizations"}) {
        const std::string body = path.find("charges") != std::string::npos ? R"({"amount":1})"
                                 : path == "/api/v1/orders"                ? orderOf(1, 1, 1)
                                 : path.find("auth") != std::string::npos
                                     ? R"({"merchant":"m","amount":5,"currency":"EUR","reference":"r"})"
                                     : userBody(1);
        BOOST_TEST(send(request("POST", path, body)).code() == "idempotency_key_missing", path);
        BOOST_TEST(send(request("POST", path, body, "a b")).code() == "idempotency_key_invalid", path);
        auto twice = request("POST", path, body, "a");
        twice.headers.add("idempotency-key", "a");
        BOOST_TEST(send(twice).code() == "idempotency_key_invalid", path);
    }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_being_worked_on_is_409_and_when_to_ask_again) {
    rows.hold("anonymous", "k");
    const auto reply = post("/api/v1/users/1/points/charges", R"({"amount":1})", "k");
    BOOST_TEST(reply.status == 409);
    BOOST_TEST(reply.code() == "request_in_progress");
    BOOST_TEST(reply.header("Retry-After") == "1");
}

BOOST_AUTO_TEST_CASE(making_a_user_twice_with_one_key_makes_one) {
    const std::string body = R"({"username":"bob","email":"b@c"})";
    const auto first = post("/api/v1/users", body, "k");
    BOOST_TEST(post("/api/v1/users", body, "k").number("/userId") == first.number("/userId"));
    const auto other = send(request("POST", "/api/v1/users", body));
    BOOST_TEST(other.status == 409);
    BOOST_TEST(other.code() == "username_taken");
}

BOOST_AUTO_TEST_CASE(refusals_have_their_codes_and_can_be_tried_again) {
    const auto poor = user(100);
    const auto other = user(0);
    const auto tea = product(300, 2);
    const auto none = product(1, 0);

    BOOST_TEST(post("/api/v1/orders", orderOf(poor, none, 1)).code() == "sold_out");
    const auto tooMany = post("/api/v1/orders", orderOf(poor, tea, 3));
    BOOST_TEST(tooMany.status == 409);
    BOOST_TEST(tooMany.code() == "insufficient_stock");
    BOOST_TEST(tooMany.text("/errors/0/pointer") == "/lines/0/quantity");
    const auto unknown = post("/api/v1/orders", orderOf(poor, 999'999, 1));
    BOOST_TEST(unknown.status == 422);
    BOOST_TEST(unknown.code() == "unknown_product");
    BOOST_TEST(unknown.text("/errors/0/pointer") == "/lines/0/productId");
    BOOST_TEST(post("/api/v1/orders", orderOf(999'999, tea, 1)).code() == "user_not_found");

    const auto order = post("/api/v1/orders", orderOf(poor, tea, 1)).header("Location");
    const auto refused = post(order + "/payment", userBody(poor), "pay");
    BOOST_TEST(refused.status == 409);
    BOOST_TEST(refused.code() == "insufficient_points");
    BOOST_TEST(post(order + "/payment", userBody(other)).status == 404);
    BOOST_TEST(post(order + "/payment", userBody(other)).code() == "order_not_found");
    BOOST_TEST(post("/api/v1/orders/999999/payment", userBody(poor)).code() == "order_not_found");

    post("/api/v1/users/" + std::to_string(poor) + "/points/charges", R"({"amount":200})");
    BOOST_TEST(post(order + "/payment", userBody(poor), "pay").status ==
               201); // the same key: nothing was kept
    const auto again = post(order + "/payment", userBody(poor));
    BOOST_TEST(again.status == 409);
    BOOST_TEST(again.code() == "wrong_order_state");

    const auto late = post("/api/v1/orders", orderOf(poor, tea, 1)).header("Location");
    clock.advance(901s);
    BOOST_TEST(post(late + "/payment", userBody(poor)).code() == "order_expired");
    BOOST_TEST(post("/api/v1/users/" + std::to_string(poor) + "/points/charges", R"({"amount":0})").code() ==
               "invalid_request");
    BOOST_TEST(post("/api/v1/users/999999/points/charges", R"({"amount":1})").code() == "user_not_found");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_404_with_its_own_code) {
    BOOST_TEST(get("/api/v1/users/77").code() == "user_not_found");
    BOOST_TEST(get("/api/v1/users/77/points").code() == "user_not_found");
    BOOST_TEST(get("/api/v1/users/77/points/history").code() == "user_not_found");
    BOOST_TEST(get("/api/v1/products/77").code() == "product_not_found");
    BOOST_TEST(get("/api/v1/orders/77").code() == "order_not_found");
    const auto payment = get("/api/v1/payments/77");
    BOOST_TEST(payment.status == 404);
    BOOST_TEST(payment.code() == "payment_not_found");
}

BOOST_AUTO_TEST_CASE(products_come_in_pages) {
    std::vector<std::int64_t> made;
    for (int i = 0; i < 5; ++i) made.push_back(product(1, 1));
    std::vector<std::int64_t> seen;
    std::vector<std::pair<std::string, std::string>> query{{"limit", "2"}};
    for (int pages = 1;; ++pages) {
        const auto page = get("/api/v1/products", query);
        BOOST_TEST(page.status == 200);
        for (const auto& item : page.body["items"].GetArray()) seen.push_back(item["productId"].GetInt64());
        if (page.body["nextCursor"].IsNull()) break;
        BOOST_REQUIRE(pages < 5);
        query = {{"limit", "2"}, {"cursor", page.text("/nextCursor")}};
    }
    BOOST_TEST(seen == made, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(paths_work_without_their_version) {
    product(1, 1);
    BOOST_TEST(get("/api/products").status == 200);
    BOOST_TEST(get("/api/products").response.route == "/api/v1/products");
    BOOST_TEST(get("/api/users/77").code() == "user_not_found");
    BOOST_TEST(get("/api").status == 404);
    BOOST_TEST(get("/api/").status == 404);
}

BOOST_AUTO_TEST_CASE(paths_match_exactly) {
    for (const std::string path :
         {"/", "/api/v1", "/api/v1/products/", "//api/v1/products", "/api/v1//products", "/API/v1/products",
          "/api/v1/products/1/2", "/api/v1/v1/products", "/api/v2/products"}) {
        const auto reply = get(path);
        BOOST_TEST(reply.status == 404, path);
        BOOST_TEST(reply.response.route == "unmatched", path);
    }
}

BOOST_AUTO_TEST_CASE(a_path_id_is_a_positive_64_bit_number) {
    for (const std::string id : {"0", "-1", "+1", "01", "1.0", "abc", "1a", " 1", "9223372036854775808"}) {
        const auto reply = get("/api/v1/users/" + id);
        BOOST_TEST(reply.status == 400, id);
        BOOST_TEST(reply.text("/errors/0/parameter") == "userId", id);
    }
    BOOST_TEST(get("/api/v1/users/9223372036854775807").status == 404);
}

BOOST_AUTO_TEST_CASE(another_method_is_405_and_names_those_that_work) {
    const auto reply = send(request("DELETE", "/api/v1/products"));
    BOOST_TEST(reply.status == 405);
    BOOST_TEST(reply.code() == "method_not_allowed");
    BOOST_TEST(reply.header("Allow") == "POST, GET, HEAD, OPTIONS");
    BOOST_TEST(send(request("TRACE", "/api/v1/products")).status == 405);
    // What has a path of its own is not one of many.
    BOOST_TEST(send(request("OPTIONS", "/api/v1/payments/authorizations")).header("Allow") ==
               "POST, OPTIONS");
    BOOST_TEST(get("/api/v1/payments/authorizations").status == 405);
    const auto options = send(request("OPTIONS", "/api/v1/products/1"));
    BOOST_TEST(options.status == 204);
    BOOST_TEST(options.header("Allow") == "GET, HEAD, OPTIONS");
    BOOST_TEST(send(request("HEAD", "/api/v1/products")).status == 200);
}

BOOST_AUTO_TEST_CASE(unknown_query_parameters_are_refused_everywhere) {
    for (const auto& route : router.routes()) {
        const auto space = route.find(' ');
        std::string path = route.substr(space + 1);
        for (auto open = path.find('{'); open != std::string::npos; open = path.find('{'))
            path.replace(open, path.find('}') - open + 1, "1");
        auto asked = request(route.substr(0, space), path, "{}", "k");
        asked.query = {{"verbos", "1"}};
        if (route == "POST /api/v1/coupons/{couponId}")
            asked.query.emplace_back("userId", "1"); // is needed there
        const auto reply = send(asked);
        BOOST_TEST(reply.status == 400, route);
        BOOST_TEST(reply.text("/errors/0/parameter") == "verbos", route);
    }
}

BOOST_AUTO_TEST_CASE(broken_machinery_is_503_or_500_and_tells_nothing_of_the_inside) {
    const std::vector<std::tuple<core::ErrorKind, int, std::string>> expected{
        {core::ErrorKind::unavailable, 503, "database_unavailable"},
        {core::ErrorKind::overloaded, 503, "overloaded"},
        {core::ErrorKind::contention, 503, "contention"},
        {core::ErrorKind::timeout, 503, "timeout"},
        {core::ErrorKind::outcome_unknown, 503, "outcome_unknown"},
        {core::ErrorKind::misconfigured, 500, "internal"},
        {core::ErrorKind::invalid_data, 500, "internal"},
        {core::ErrorKind::internal, 500, "internal"}};
    for (const auto& [kind, status, code] : expected) {
        BrokenReader broken(kind);
        const api::Shop brokenShop{rows, broken, runner, authorizer, bestSellers, shop.coupons};
        api::Router brokenRouter(authenticator, logger);
        api::addShopRoutes(brokenRouter, brokenShop);
        const auto response = brokenRouter.handle(request("GET", "/api/v1/users/1"));
        BOOST_TEST(response.status == status);
        BOOST_TEST(response.body.find("\"code\":\"" + code + "\"") != std::string::npos);
        BOOST_TEST(response.body.find("10.0.0.7") == std::string::npos);
        BOOST_TEST(response.body.find("password") == std::string::npos);
        BOOST_TEST(response.headers.get("Retry-After").has_value() == (status == 503));
    }
    BOOST_TEST(logger.said("10.0.0.7"));
}

BOOST_AUTO_TEST_CASE(the_description_lists_exactly_the_routes) {
    std::vector<std::string> described;
    std::string path;
    std::istringstream lines{std::string{api::kOpenApi}};
    for (std::string line; std::getline(lines, line) && line != "components:";) {
        if (line.substr(0, 3) == "  /") path = line.substr(2, line.size() - 3);
        if (line == "    get:") described.push_back("GET " + path);
        for (const std::string method : {"post", "put", "delete"}) {
            auto name = method;
            for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
            if (line == "    " + method + ":") described.push_back(name + " " + path);
        }
    }
    auto routes = router.routes();
    std::sort(routes.begin(), routes.end());
    std::sort(described.begin(), described.end());
    BOOST_TEST(routes == described, boost::test_tools::per_element());
    BOOST_TEST(get("/openapi.yaml").response.body == api::kOpenApi);
}

BOOST_AUTO_TEST_CASE(without_authentication_only_loopback_may_be_bound) {
    for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "localhost"})
        BOOST_CHECK_NO_THROW(api::checkBinding(host, authenticator, "http.host"));
    for (const char* host : {"0.0.0.0", "::", "10.0.0.7", "example.com", ""})
        BOOST_CHECK_EXCEPTION(api::checkBinding(host, authenticator, "http.host"), core::Error,
                              [](const core::Error& error) {
                                  return error.kind() == core::ErrorKind::misconfigured &&
                                         error.hint().find("http.host") != std::string::npos;
                              });
}

BOOST_AUTO_TEST_SUITE_END()
