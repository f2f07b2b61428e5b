// No user's client sees or changes what is another user's. The table below has a line for every route that there
// is; a route without one fails the test.
#include "tests/unit/api_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;

namespace {

// Clients name themselves: `X-User: 7` acts for one user, everyone else is a service with all rights.
class NamedClients final : public api::Authenticator {
public:
    std::variant<api::Client, http::Problem> authenticate(const http::Request& request) const override {
        const auto user = request.headers.get("X-User");
        if (!user) return api::Client{.scope = "service", .admin = true};
        return api::Client{.scope = "user:" + std::string{*user},
                           .user = commerce::UserId{std::stoll(std::string{*user})}};
    }
    bool keepsStrangersOut() const override { return true; }
};

// Ann and Bob, and one of each thing that belongs to Ann.
struct Scene : testing::ApiFixture {
    Scene() {
        api::addShopRoutes(named, shop);
        ann = user(100'000);
        bob = user(100'000);
        tea = product(10, 100);
        order = post("/api/v1/orders", orderOf(ann, tea, 1)).number("/orderId");
        const auto paidOrder = post("/api/v1/orders", orderOf(ann, tea, 1)).number("/orderId");
        send(request("PUT", "/api/v1/users/" + std::to_string(ann) + "/cart/items/" + std::to_string(tea),
                     R"({"quantity":2})"));
        payment = post("/api/v1/orders/" + std::to_string(paidOrder) + "/payment", userBody(ann))
                      .number("/paymentId");
        refund =
            post("/api/v1/payments/" + std::to_string(payment) + "/refunds", R"({"amount":1,"reason":"r"})")
                .number("/refundId");
        authorization = post("/api/v1/payments/authorizations",
                             R"({"merchant":"m","amount":5,"currency":"EUR","reference":"r"})")
                            .number("/paymentId");
        coupon =
            post("/api/v1/coupons", R"({"name":"n","kind":"FIXED","discount":1,"total":5,)"
                                    R"("startsAt":"2026-01-01T00:00:00Z","endsAt":"2027-01-01T00:00:00Z"})")
                .number("/couponId");
        send(request("POST", "/api/v1/coupons/" + std::to_string(coupon) + "/claims", userBody(ann)));
    }

    testing::ApiReply as(std::int64_t user, http::Request request) {
        request.headers.add("X-User", std::to_string(user));
        testing::ApiReply reply;
        reply.response = named.handle(request);
        reply.status = reply.response.status;
        reply.body.Parse(reply.response.body.c_str());
        return reply;
    }

    // All that can be seen of Ann, and what was told to others.
    std::string world() {
        std::string seen = std::to_string(rows.events().size());
        const auto one = [&](const std::string& path, std::int64_t id, const std::string& rest = {}) {
            seen += get("/api/v1/" + path + "/" + std::to_string(id) + rest).response.body;
        };
        one("users", ann);
        one("users", ann, "/points");
        one("users", ann, "/points/history");
        one("users", ann, "/cart");
        one("users", ann, "/orders");
        one("orders", order);
        one("payments", payment);
        one("payments", authorization);
        one("products", tea);
        one("users", ann, "/coupons");
        one("coupons", coupon, "/claims/" + std::to_string(ann));
        one("coupons", coupon, "/claims/" + std::to_string(bob));
        return seen;
    }

    NamedClients clients;
    api::Router named{clients, logger};
    std::int64_t ann = 0, bob = 0, tea = 0, order = 0, payment = 0, refund = 0, authorization = 0, coupon = 0;
};

// What a user's client asks for, of Ann's things: it must be good when Ann asks. Several: with Ann's id, and with
// Bob's own where a body names a user.
using Asking = std::function<std::vector<http::Request>(const Scene&)>;

struct Owned {
    Asking asking;
    int refusal = 404; // 400 where older clients know no other
};
struct ForServices {}; // one user's client is refused: 403
struct ForEveryone {}; // nothing in it belongs to a user
using Rule = std::variant<Owned, ForServices, ForEveryone>;

http::Request asked(const std::string& method, const std::string& path, const std::string& body = {}) {
    return Scene::request(method, "/api/v1/" + path, body, method == "GET" ? "" : "\"key\"");
}

Owned owned(std::function<http::Request(const Scene&)> asking) {
    return {[asking = std::move(asking)](const Scene& scene) { return std::vector{asking(scene)}; }};
}

std::string id(std::int64_t number) { return std::to_string(number); }

const std::map<std::string, Rule> kRules{
    {"GET /openapi.yaml", ForEveryone{}},
    {"GET /docs", ForEveryone{}},
    {"POST /api/v1/users", ForServices{}},
    {"GET /api/v1/users/{userId}", owned([](const Scene& s) { return asked("GET", "users/" + id(s.ann)); })},
    {"POST /api/v1/users/{userId}/points/charges", owned([](const Scene& s) {
         return asked("POST", "users/" + id(s.ann) + "/points/charges", R"({"amount":1})");
     })},
    {"GET /api/v1/users/{userId}/points",
     owned([](const Scene& s) { return asked("GET", "users/" + id(s.ann) + "/points"); })},
    {"GET /api/v1/users/{userId}/points/history",
     owned([](const Scene& s) { return asked("GET", "users/" + id(s.ann) + "/points/history"); })},
    {"POST /api/v1/products", ForServices{}},
    {"GET /api/v1/products", ForEveryone{}},
    {"GET /api/v1/products/top5", ForEveryone{}},
    {"GET /api/v1/products/{productId}", ForEveryone{}},
    {"PUT /api/v1/products/{productId}/stock-slots", ForServices{}},
    {"POST /api/v1/products/{productId}/stock-adjustments", ForServices{}},
    {"GET /api/v1/products/{productId}/stock-adjustments", ForServices{}},
    {"GET /api/v1/users/{userId}/cart",
     owned([](const Scene& s) { return asked("GET", "users/" + id(s.ann) + "/cart"); })},
    {"PUT /api/v1/users/{userId}/cart/items/{productId}", owned([](const Scene& s) {
         return asked("PUT", "users/" + id(s.ann) + "/cart/items/" + id(s.tea), R"({"quantity":1})");
     })},
    {"DELETE /api/v1/users/{userId}/cart/items/{productId}", owned([](const Scene& s) {
         return asked("DELETE", "users/" + id(s.ann) + "/cart/items/" + id(s.tea));
     })},
    {"POST /api/v1/users/{userId}/cart/order",
     owned([](const Scene& s) { return asked("POST", "users/" + id(s.ann) + "/cart/order", "{}"); })},
    {"POST /api/v1/cart", owned([](const Scene& s) {
         return asked("POST", "cart",
                      R"({"userId":)" + id(s.ann) + R"(,"productId":)" + id(s.tea) + R"(,"quantity":1})");
     })},
    {"POST /api/v1/orders/{orderId}/cancel", Owned{[](const Scene& s) {
         const auto path = "orders/" + id(s.order) + "/cancel";
         return std::vector{asked("POST", path, Scene::userBody(s.ann)),
                            asked("POST", path, Scene::userBody(s.bob))};
     }}},
    {"GET /api/v1/users/{userId}/orders",
     owned([](const Scene& s) { return asked("GET", "users/" + id(s.ann) + "/orders"); })},
    {"POST /api/v1/orders",
     owned([](const Scene& s) { return asked("POST", "orders", Scene::orderOf(s.ann, s.tea, 1)); })},
    {"GET /api/v1/orders/{orderId}",
     owned([](const Scene& s) { return asked("GET", "orders/" + id(s.order)); })},
    {"POST /api/v1/orders/{orderId}/payment", Owned{[](const Scene& s) {
         const auto path = "orders/" + id(s.order) + "/payment";
         return std::vector{asked("POST", path, Scene::userBody(s.ann)),
                            asked("POST", path, Scene::userBody(s.bob))};
     }}},
    {"POST /api/v1/payments/authorizations", ForServices{}},
    {"POST /api/v1/coupons", ForServices{}},
    {"GET /api/v1/coupons", ForEveryone{}},
    {"GET /api/v1/coupons/{couponId}", ForEveryone{}},
    {"GET /api/v1/users/{userId}/coupons",
     owned([](const Scene& s) { return asked("GET", "users/" + id(s.ann) + "/coupons"); })},
    {"POST /api/v1/coupons/{couponId}/claims", owned([](const Scene& s) {
         return asked("POST", "coupons/" + id(s.coupon) + "/claims", Scene::userBody(s.ann));
     })},
    {"POST /api/v1/coupons/{couponId}", owned([](const Scene& s) {
         auto request = asked("POST", "coupons/" + id(s.coupon));
         request.query = {{"userId", id(s.ann)}};
         return request;
     })},
    {"GET /api/v1/coupons/{couponId}/claims/{userId}",
     owned([](const Scene& s) { return asked("GET", "coupons/" + id(s.coupon) + "/claims/" + id(s.ann)); })},
    {"GET /api/v1/payments/{paymentId}",
     owned([](const Scene& s) { return asked("GET", "payments/" + id(s.payment)); })},
    {"POST /api/v1/payment",
     Owned{
         [](const Scene& s) {
             const auto body = [&](std::int64_t user) {
                 return R"({"userId":)" + id(user) + R"(,"orderId":)" + id(s.order) + "}";
             };
             return std::vector{asked("POST", "payment", body(s.ann)), asked("POST", "payment", body(s.bob))};
         },
         400}},
    {"POST /api/v1/payments/{paymentId}/refunds", ForServices{}},
    {"GET /api/v1/payments/{paymentId}/refunds",
     owned([](const Scene& s) { return asked("GET", "payments/" + id(s.payment) + "/refunds"); })},
    {"GET /api/v1/refunds/{refundId}",
     owned([](const Scene& s) { return asked("GET", "refunds/" + id(s.refund)); })},
    {"POST /api/v1/payments/callbacks", ForEveryone{}}, // its signature says who it is
};

// Bob gets 404 and nothing has changed; then, as a proof that the requests are good ones, Ann gets her answer.
void checkOwned(const std::string& route, const Owned& rule) {
    Scene scene;
    const auto requests = rule.asking(scene);
    const auto before = scene.world();
    for (const auto& request : requests) {
        const auto refused = scene.as(scene.bob, request);
        BOOST_TEST(refused.status == rule.refusal,
                   route << ": " << refused.status << ' ' << refused.response.body);
        BOOST_TEST(refused.code().ends_with("_not_found"), route << ": " << refused.code());
        if (request.method == "GET")
            BOOST_TEST(scene.as(scene.bob,
                                [&] {
                                    auto head = request;
                                    head.method = "HEAD";
                                    return head;
                                }())
                               .status == 404,
                       route);
    }
    BOOST_TEST(scene.world() == before, route << " changed something");
    const auto answer = scene.as(scene.ann, requests.front());
    BOOST_TEST(answer.status / 100 == 2, route << ": " << answer.response.body);
}

void checkRefused(const std::string& route) {
    Scene scene;
    const auto before = scene.world();
    const auto space = route.find(' ');
    const auto reply =
        scene.as(scene.bob, Scene::request(route.substr(0, space), route.substr(space + 1), "{}", "\"key\""));
    BOOST_TEST(reply.status == 403, route);
    BOOST_TEST((reply.code() == "service_only" || reply.code() == "admin_only"), route);
    BOOST_TEST(scene.world() == before, route << " changed something");
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_owner)

BOOST_AUTO_TEST_CASE(no_route_shows_or_changes_what_is_another_users) {
    const Scene scene;
    for (const auto& route : scene.named.routes()) {
        const auto rule = kRules.find(route);
        BOOST_TEST_REQUIRE((rule != kRules.end()), route << " has no line in the table");
        const auto access = scene.named.access(route);
        const bool forServices = access == api::Access::service || access == api::Access::admin;
        BOOST_TEST(std::holds_alternative<ForServices>(rule->second) == forServices, route);
        if (const auto* owned = std::get_if<Owned>(&rule->second)) checkOwned(route, *owned);
        if (std::holds_alternative<ForServices>(rule->second)) checkRefused(route);
    }
    BOOST_TEST(kRules.size() == scene.named.routes().size(), "a line of the table has no route");
}

BOOST_AUTO_TEST_CASE(an_authorization_is_for_services_alone) {
    Scene scene;
    const auto path = "/api/v1/payments/" + id(scene.authorization);
    BOOST_TEST(scene.get(path).status == 200);
    BOOST_TEST(scene.as(scene.ann, Scene::request("GET", path)).code() == "payment_not_found");
}

BOOST_AUTO_TEST_CASE(one_users_key_is_not_anothers) {
    Scene scene;
    auto first = Scene::request("POST", "/api/v1/orders", Scene::orderOf(scene.ann, scene.tea, 1), "k");
    auto other = Scene::request("POST", "/api/v1/orders", Scene::orderOf(scene.bob, scene.tea, 1), "k");
    BOOST_TEST(scene.as(scene.ann, first).status == 201);
    const auto reply = scene.as(scene.bob, other);
    BOOST_TEST(reply.status == 201);
    BOOST_TEST(reply.header("Idempotent-Replayed") == "");
    BOOST_TEST(reply.number("/userId") == scene.bob);
}

BOOST_AUTO_TEST_SUITE_END()
