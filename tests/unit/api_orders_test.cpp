// Orders, carts and stock over the API, and what the published load scripts send.
#include "tests/unit/api_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;

namespace {

struct Scene : testing::ApiFixture {
    std::int64_t ann = user(1000);
    std::int64_t tea = product(300, 5);
    std::string annPath = "/api/v1/users/" + std::to_string(ann);
    std::string teaPath = "/api/v1/products/" + std::to_string(tea);

    testing::ApiReply put(const std::string& path, const std::string& body) {
        return send(request("PUT", path, body));
    }
    std::string listOf(const std::string& name, std::int64_t quantity) {
        return R"({"userId":)" + std::to_string(ann) + ",\"" + name + R"(":[{"productId":)" +
               std::to_string(tea) + R"(,"quantity":)" + std::to_string(quantity) + "}]}";
    }
    // The client's own coupon over `value`.
    std::int64_t coupon(std::int64_t value) {
        commerce::Coupon coupon;
        coupon.discount.value = value;
        coupon.endsAt = clock.today() + 24h;
        const auto id =
            commerce::transact(rows, [&](commerce::Transaction& t) { return t.coupons().add(coupon); });
        rows.plant({ann}, id);
        return id.value;
    }
    std::string withCoupon(std::int64_t coupon) {
        auto body = orderOf(ann, tea, 1);
        body.insert(1, R"("couponId":)" + std::to_string(coupon) + ",");
        return body;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_orders, Scene)

BOOST_AUTO_TEST_CASE(an_order_with_a_coupon_shows_both) {
    const auto id = coupon(50);
    const auto order = post("/api/v1/orders", withCoupon(id));
    BOOST_TEST(order.status == 201);
    BOOST_TEST(order.number("/total") == 250);
    BOOST_TEST(order.number("/discount") == 50);
    BOOST_TEST(order.number("/couponId") == id);
    BOOST_TEST(!order.body["cancelRequested"].GetBool());
    const auto again = post("/api/v1/orders", withCoupon(id));
    BOOST_TEST(again.status == 409);
    BOOST_TEST(again.code() == "coupon_not_usable");
    BOOST_TEST(again.text("/errors/0/pointer") == "/couponId");
    BOOST_TEST(again.text("/detail").find("USED") != std::string::npos);
    const auto unknown = post("/api/v1/orders", withCoupon(4711));
    BOOST_TEST(unknown.status == 422);
    BOOST_TEST(unknown.code() == "unknown_coupon");
    BOOST_TEST(post("/api/v1/orders", withCoupon(0)).errors().front().starts_with("/couponId: "));
    BOOST_TEST(post("/api/v1/orders", orderOf(ann, tea, 1)).body["couponId"].IsNull());
}

BOOST_AUTO_TEST_CASE(the_scripts_names_of_the_lines_need_no_key_and_know_400_alone) {
    for (const std::string name : {"products", "items"}) {
        BOOST_TEST(send(request("POST", "/api/v1/orders", listOf(name, 1))).status == 201, name);
        const auto refused = send(request("POST", "/api/v1/orders", listOf(name, 99)));
        BOOST_TEST(refused.status == 400, name);
        BOOST_TEST(refused.number("/status") == 400);
        BOOST_TEST(refused.code() == "insufficient_stock");
        BOOST_TEST(!refused.text("/message").empty());
        BOOST_TEST(refused.text("/errors/0/pointer") == "/" + name + "/0/quantity");
        BOOST_TEST(send(request("POST", "/api/v1/orders", listOf(name, 0))).text("/errors/0/pointer") ==
                   "/" + name + "/0/quantity");
    }
    BOOST_TEST(send(request("POST", "/api/orders", listOf("lines", 1))).status == 201);
    BOOST_TEST(send(request("POST", "/api/v1/orders", listOf("lines", 1))).code() ==
               "idempotency_key_missing");
    const auto first = post("/api/orders", listOf("items", 1), "k");
    BOOST_TEST(post("/api/orders", listOf("items", 1), "k").number("/orderId") == first.number("/orderId"));
}

BOOST_AUTO_TEST_CASE(exactly_one_list_of_lines_is_taken) {
    const auto none = post("/api/v1/orders", userBody(ann));
    BOOST_TEST(none.status == 400);
    BOOST_TEST(none.errors().front() == "/lines: is required");
    auto both = listOf("lines", 1);
    both.insert(both.size() - 1, R"(,"items":[])");
    BOOST_TEST(post("/api/v1/orders", both).errors().front() == "/items: cannot stand beside lines");
}

BOOST_AUTO_TEST_CASE(cancelling_answers_200_or_202_or_409) {
    const auto path = post("/api/v1/orders", orderOf(ann, tea, 2)).header("Location");
    const auto cancelled = post(path + "/cancel", userBody(ann), "c1");
    BOOST_TEST(cancelled.status == 200);
    BOOST_TEST(cancelled.text("/state") == "CANCELLED");
    BOOST_TEST(get(teaPath).number("/stock") == 5);
    BOOST_TEST(post(path + "/cancel", userBody(ann), "c1").header("Idempotent-Replayed") == "true");
    const auto again = post(path + "/cancel", userBody(ann));
    BOOST_TEST(again.status == 409);
    BOOST_TEST(again.code() == "wrong_order_state");
    BOOST_TEST(post(path + "/cancel", userBody(user(0))).code() == "order_not_found");
    BOOST_TEST(send(request("POST", path + "/cancel", userBody(ann))).code() == "idempotency_key_missing");

    const auto paying = post("/api/v1/orders", orderOf(ann, tea, 1));
    rows.run([&](commerce::Transaction& t) {
        t.orders().move({paying.number("/orderId")}, commerce::OrderState::waiting,
                        commerce::OrderState::paying, {});
        return commerce::Ending::commit;
    });
    for (const char* key : {"c2", "c2", "c3"}) {
        const auto marked = post(paying.header("Location") + "/cancel", userBody(ann), key);
        BOOST_TEST(marked.status == 202, key);
        BOOST_TEST(marked.text("/state") == "PAYING");
        BOOST_TEST(marked.body["cancelRequested"].GetBool());
    }
}

BOOST_AUTO_TEST_CASE(a_users_orders_come_newest_first_and_by_state) {
    std::vector<std::int64_t> made;
    for (int i = 0; i < 3; ++i)
        made.insert(made.begin(), post("/api/v1/orders", orderOf(ann, tea, 1)).number("/orderId"));
    post("/api/v1/orders/" + std::to_string(made[1]) + "/cancel", userBody(ann));
    std::vector<std::int64_t> seen;
    std::vector<std::pair<std::string, std::string>> query{{"limit", "2"}};
    for (int pages = 1;; ++pages) {
        const auto page = get(annPath + "/orders", query);
        BOOST_TEST(page.status == 200);
        for (const auto& item : page.body["items"].GetArray()) seen.push_back(item["orderId"].GetInt64());
        if (page.body["nextCursor"].IsNull()) break;
        BOOST_REQUIRE(pages < 3);
        query = {{"limit", "2"}, {"cursor", page.text("/nextCursor")}};
    }
    BOOST_TEST(seen == made, boost::test_tools::per_element());
    const auto cancelled = get(annPath + "/orders", {{"state", "CANCELLED"}});
    BOOST_TEST(cancelled.body["items"].Size() == 1u);
    BOOST_TEST(cancelled.number("/items/0/orderId") == made[1]);
    BOOST_TEST(get(annPath + "/orders", {{"state", "NEW"}}).errors().front() ==
               "state: must be one of WAITING, PAYING, COMPLETE, CANCELLED, EXPIRED");
    BOOST_TEST(get("/api/v1/users/4711/orders").code() == "user_not_found");
    BOOST_TEST(get("/api/v1/users/" + std::to_string(user(0)) + "/orders").body["items"].Empty());
}

BOOST_AUTO_TEST_CASE(a_cart_from_first_item_to_order) {
    const auto cup = product(20, 1);
    const auto none = product(7, 0);
    const auto itemPath = annPath + "/cart/items/";
    BOOST_TEST(put(itemPath + std::to_string(tea), R"({"quantity":2})").number("/quantity") == 2);
    const auto adding = R"({"userId":)" + std::to_string(ann) + R"(,"productId":)" + std::to_string(cup) +
                        R"(,"quantity":1})";
    BOOST_TEST(send(request("POST", "/api/cart", adding)).status == 200);
    BOOST_TEST(send(request("POST", "/api/cart", adding)).number("/quantity") == 2);
    put(itemPath + std::to_string(none), R"({"quantity":1})");
    const auto cart = get(annPath + "/cart");
    BOOST_TEST(cart.status == 200);
    BOOST_TEST(cart.number("/total") == 647);
    BOOST_TEST(cart.text("/items/0/name") == "Tea");
    BOOST_TEST(cart.text("/items/0/stockState") == "IN_STOCK");
    BOOST_TEST(cart.text("/items/1/stockState") == "INSUFFICIENT");
    BOOST_TEST(cart.text("/items/2/stockState") == "SOLD_OUT");
    BOOST_TEST(post(annPath + "/cart/order", "{}").code() == "insufficient_stock");
    BOOST_TEST(send(request("DELETE", itemPath + std::to_string(none))).status == 204);
    BOOST_TEST(send(request("DELETE", itemPath + std::to_string(none))).status == 204);
    put(itemPath + std::to_string(cup), R"({"quantity":1})");

    BOOST_TEST(send(request("POST", annPath + "/cart/order", "{}")).code() == "idempotency_key_missing");
    const auto id = coupon(50);
    const auto ordering = R"({"couponId":)" + std::to_string(id) + "}";
    const auto order = post(annPath + "/cart/order", ordering, "k");
    BOOST_TEST(order.status == 201);
    BOOST_TEST(order.number("/total") == 570);
    BOOST_TEST(get(order.header("Location")).text("/state") == "WAITING");
    BOOST_TEST(post(annPath + "/cart/order", ordering, "k").header("Idempotent-Replayed") == "true");
    BOOST_TEST(get(annPath + "/cart").body["items"].Empty());
    const auto empty = post(annPath + "/cart/order", "{}");
    BOOST_TEST(empty.status == 409);
    BOOST_TEST(empty.code() == "cart_empty");
}

BOOST_AUTO_TEST_CASE(carts_refuse_with_their_codes) {
    const auto itemPath = annPath + "/cart/items/";
    BOOST_TEST(put(itemPath + "4711", R"({"quantity":1})").code() == "product_not_found");
    BOOST_TEST(put("/api/v1/users/4711/cart/items/" + std::to_string(tea), R"({"quantity":1})").code() ==
               "user_not_found");
    BOOST_TEST(put(itemPath + std::to_string(tea), R"({"quantity":1000001})").code() == "invalid_request");
    BOOST_TEST(get("/api/v1/users/4711/cart").code() == "user_not_found");
    const auto body = [&](std::int64_t product, std::int64_t quantity) {
        return R"({"userId":)" + std::to_string(ann) + R"(,"productId":)" + std::to_string(product) +
               R"(,"quantity":)" + std::to_string(quantity) + "}";
    };
    BOOST_TEST(post("/api/v1/cart", body(4711, 1)).code() == "unknown_product");
    BOOST_TEST(post("/api/v1/cart", body(0, 1)).text("/errors/0/pointer") == "/productId");
    post("/api/v1/cart", body(tea, 1'000'000));
    const auto tooMany = post("/api/v1/cart", body(tea, 1));
    BOOST_TEST(tooMany.status == 409);
    BOOST_TEST(tooMany.code() == "cart_quantity_too_large");
    BOOST_TEST(send(request("POST", "/api/cart", body(tea, 1))).status == 400);
    for (int i = 1; i < 100; ++i) post("/api/v1/cart", body(product(1, 1), 1));
    const auto full = post("/api/v1/cart", body(product(1, 1), 1));
    BOOST_TEST(full.status == 409);
    BOOST_TEST(full.code() == "cart_full");
}

BOOST_AUTO_TEST_CASE(stock_is_adjusted_once_per_key_and_spread) {
    const auto path = teaPath + "/stock-adjustments";
    const auto more = post(path, R"({"quantity":3,"reason":"delivery 7"})", "k");
    BOOST_TEST(more.status == 201);
    BOOST_TEST(more.text("/madeBy") == "anonymous");
    BOOST_TEST(post(path, R"({"quantity":3,"reason":"delivery 7"})", "k").number("/adjustmentId") ==
               more.number("/adjustmentId"));
    BOOST_TEST(get(teaPath).number("/stock") == 8);
    const auto tooMuch = post(path, R"({"quantity":-9,"reason":"lost"})");
    BOOST_TEST(tooMuch.status == 409);
    BOOST_TEST(tooMuch.code() == "insufficient_stock");
    BOOST_TEST(post(path, R"({"quantity":-8,"reason":"lost"})").status == 201);
    BOOST_TEST(post(path, R"({"quantity":-1,"reason":"lost"})").code() == "insufficient_stock");
    BOOST_TEST(post(path, R"({"quantity":0,"reason":"x"})").text("/errors/0/pointer") == "/quantity");
    BOOST_TEST(send(request("POST", path, R"({"quantity":1,"reason":"x"})")).code() ==
               "idempotency_key_missing");
    const auto history = get(path);
    BOOST_TEST(history.number("/items/0/quantity") == -8);
    BOOST_TEST(history.number("/items/2/quantity") == 5);
    BOOST_TEST(history.text("/items/2/reason") == "first stock");
    BOOST_TEST(get("/api/v1/products/4711/stock-adjustments").code() == "product_not_found");
    BOOST_TEST(post("/api/v1/products/4711/stock-adjustments", R"({"quantity":1,"reason":"x"})").code() ==
               "product_not_found");

    BOOST_TEST(put(teaPath + "/stock-slots", R"({"slots":16})").number("/slots") == 16);
    BOOST_TEST(put(teaPath + "/stock-slots", R"({"slots":65})").text("/errors/0/pointer") == "/slots");
    BOOST_TEST(put("/api/v1/products/4711/stock-slots", R"({"slots":2})").code() == "product_not_found");
}

BOOST_AUTO_TEST_SUITE_END()
