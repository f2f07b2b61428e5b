// Cards, refunds and the gateway's callbacks over HTTP, in memory.
#include "tests/support/payment_watch.hpp"
#include "tests/support/scripted_gateway.hpp"
#include "tests/unit/api_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;
using Outcome = commerce::GatewayAnswer::Outcome;

namespace {

struct Scene : testing::ApiFixture {
    Scene() {
        shop.watch = &watch;
        shop.cards = &cards;
        shop.genuineNews = [](const http::Request& request) {
            return request.headers.get("webhook-signature") == "good";
        };
        ann = user(1000);
        tea = product(300, 5);
        order = place();
    }

    std::string place() { return post("/api/v1/orders", orderOf(ann, tea, 2)).header("Location"); }
    std::string card() const {
        return R"({"userId":)" + std::to_string(ann) + R"(,"method":"CARD","cardToken":"tok_1"})";
    }
    testing::ApiReply pay(const std::string& key = {}) { return post(order + "/payment", card(), key); }
    std::string orderState() { return get(order).text("/state"); }
    std::string gatewayKey(std::int64_t payment) { return rows.payment({payment})->gatewayKey.value(); }
    testing::ApiReply news(const std::string& id, const std::string& body,
                           const std::string& signature = "good") {
        auto asked = request("POST", "/api/v1/payments/callbacks", body);
        asked.headers.add("webhook-id", id);
        asked.headers.add("webhook-signature", signature);
        return send(asked);
    }
    static std::string newsOf(const std::string& kind, const std::string& key, std::int64_t amount,
                              const std::string& status) {
        return R"({"kind":")" + kind + R"(","key":")" + key + R"(","amount":)" + std::to_string(amount) +
               R"(,"status":")" + status + R"("})";
    }

    testing::ScriptedGateway gateway;
    testing::MemoryPaymentWatch watch;
    commerce::CardPayments cards{rows, gateway, watch, clock, {}};
    std::int64_t ann = 0;
    std::int64_t tea = 0;
    std::string order;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_payments, Scene)

BOOST_AUTO_TEST_CASE(a_card_is_charged_once_per_key) {
    const auto paid = pay("k");
    BOOST_TEST(paid.status == 201);
    BOOST_TEST(paid.text("/state") == "SUCCEEDED");
    BOOST_TEST(paid.text("/method") == "CARD");
    BOOST_TEST(paid.number("/refunded") == 0);
    BOOST_TEST(paid.text("/completedAt") == get(order).text("/completedAt"));
    BOOST_TEST(get(paid.header("Location")).number("/paymentId") == paid.number("/paymentId"));
    BOOST_TEST(orderState() == "COMPLETE");
    const auto again = pay("k");
    BOOST_TEST(again.status == 201);
    BOOST_TEST(again.header("Idempotent-Replayed") == "true");
    BOOST_TEST(again.response.body == paid.response.body);
    BOOST_TEST(again.header("Location") == paid.header("Location"));
    BOOST_TEST(gateway.earned() == 600);
    BOOST_TEST(pay("other").code() == "wrong_order_state");
    BOOST_TEST(post(order + "/payment", userBody(ann), "k").code() == "idempotency_key_reused");
}

BOOST_AUTO_TEST_CASE(a_declined_card_is_402_each_time_and_another_key_is_another_try) {
    gateway.declineNext("insufficient funds");
    const auto declined = pay("k");
    BOOST_TEST(declined.status == 402);
    BOOST_TEST(declined.code() == "card_declined");
    BOOST_TEST(declined.text("/detail") == "The card was not charged: insufficient funds.");
    BOOST_TEST(pay("k").status == 402);
    BOOST_TEST(pay("k").header("Idempotent-Replayed") == "true");
    BOOST_TEST(orderState() == "WAITING");
    BOOST_TEST(pay("k2").status == 201);
    BOOST_TEST(pay("k").status == 402);
}

BOOST_AUTO_TEST_CASE(without_an_answer_it_is_202_until_there_is_one) {
    gateway.timeOutThenSucceed();
    const auto open = pay("k");
    BOOST_TEST(open.status == 202);
    BOOST_TEST(open.text("/state") == "UNKNOWN");
    BOOST_TEST(!open.body.HasMember("completedAt"));
    const auto id = open.number("/paymentId");
    BOOST_TEST(open.header("Location") == "/api/v1/payments/" + std::to_string(id));
    BOOST_TEST(pay("k").status == 202);
    BOOST_TEST(news("m1", newsOf("charge", gatewayKey(id), 600, "succeeded")).status == 204);
    const auto done = pay("k");
    BOOST_TEST(done.status == 201);
    BOOST_TEST(done.body.HasMember("completedAt"));
    BOOST_TEST(gateway.earned() == 600);
}

BOOST_AUTO_TEST_CASE(an_answer_that_cannot_be_written_down_is_202) {
    // The shop's own unit of work is whole; the cards' one is not.
    class Broken final : public commerce::UnitOfWork {
    public:
        void run(const std::function<commerce::Ending(commerce::Transaction&)>&) override {
            throw core::Error(core::ErrorKind::unavailable, "gone");
        }
    } broken;
    commerce::CardPayments brokenCards{broken, gateway, watch, clock, {}};
    shop.cards = &brokenCards;
    const auto open = pay("k");
    BOOST_TEST(open.status == 202);
    BOOST_TEST(open.text("/state") == "PENDING");
    BOOST_TEST(watch.count("delayed payment") == 1);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_payment_is_refused) {
    const auto path = order + "/payment";
    const auto with = [&](const std::string& rest) {
        return post(path, R"({"userId":)" + std::to_string(ann) + rest + "}");
    };
    BOOST_TEST(with(R"(,"method":"CASH")").text("/errors/0/pointer") == "/method");
    BOOST_TEST(with(R"(,"method":"CARD")").text("/errors/0/pointer") == "/cardToken");
    BOOST_TEST(with(R"(,"method":"CARD","cardToken":"a b")").text("/errors/0/pointer") == "/cardToken");
    BOOST_TEST(with(R"(,"cardToken":"tok")").text("/errors/0/pointer") == "/cardToken");
    BOOST_TEST(with(R"(,"method":1)").status == 400);
    BOOST_TEST(post("/api/v1/orders/999/payment", card()).code() == "order_not_found");
    const auto bob = user(0);
    BOOST_TEST(
        post(path, R"({"userId":)" + std::to_string(bob) + R"(,"method":"CARD","cardToken":"t"})").code() ==
        "order_not_found");
    shop.cards = nullptr;
    BOOST_TEST(pay().status == 422);
    BOOST_TEST(pay().code() == "card_payments_unavailable");
    BOOST_TEST(gateway.calls() == 0);
}

BOOST_AUTO_TEST_CASE(the_published_scripts_pay_without_a_key_and_hear_400) {
    const auto body = [&](std::int64_t id) {
        return R"({"userId":)" + std::to_string(ann) + R"(,"orderId":)" + std::to_string(id) + "}";
    };
    const auto id = get(order).number("/orderId");
    BOOST_TEST(send(request("POST", "/api/v1/payment", body(id))).status == 201);
    const auto again = send(request("POST", "/api/v1/payment", body(id)));
    BOOST_TEST(again.status == 400);
    BOOST_TEST(again.number("/status") == 400);
    BOOST_TEST(again.code() == "wrong_order_state");
    BOOST_TEST(!again.text("/message").empty());
    BOOST_TEST(send(request("POST", "/api/v1/payment", body(999))).status == 400);
    const auto unversioned = "/api/orders/" + std::to_string(id) + "/payment";
    BOOST_TEST(send(request("POST", unversioned, userBody(ann))).status == 400);
    const auto poor = place();
    BOOST_TEST(send(request("POST", "/api" + poor.substr(7) + "/payment", userBody(ann))).code() ==
               "insufficient_points");
    BOOST_TEST(send(request("POST", poor + "/payment", userBody(ann))).code() == "idempotency_key_missing");
}

BOOST_AUTO_TEST_CASE(points_come_back_with_their_goods) {
    const auto paid = post(order + "/payment", userBody(ann));
    const auto refunds = paid.header("Location") + "/refunds";
    const auto part = post(refunds, R"({"amount":100,"reason":"scratched"})", "r1");
    BOOST_TEST(part.status == 201);
    BOOST_TEST(part.text("/state") == "SUCCEEDED");
    BOOST_TEST(part.header("Location") == "/api/v1/refunds/" + std::to_string(part.number("/refundId")));
    BOOST_TEST(get(part.header("Location")).response.body == part.response.body);
    const auto again = post(refunds, R"({"amount":100,"reason":"scratched"})", "r1");
    BOOST_TEST(again.header("Idempotent-Replayed") == "true");
    BOOST_TEST(again.response.body == part.response.body);
    BOOST_TEST(post(refunds, R"({"amount":501,"reason":"r"})").code() == "refund_too_large");
    const auto lines =
        R"({"amount":1,"reason":"r","lines":[{"productId":)" + std::to_string(tea) + R"(,"quantity":3}]})";
    BOOST_TEST(post(refunds, lines).code() == "too_many_returned");
    const auto rest = post(refunds, R"({"reason":"all of it"})");
    BOOST_TEST(rest.number("/amount") == 500);
    BOOST_TEST(rest.number("/lines/0/quantity") == 2);
    BOOST_TEST(get(paid.header("Location")).text("/state") == "REFUNDED");
    BOOST_TEST(get(paid.header("Location")).number("/refunded") == 600);
    const auto none = post(refunds, R"({"reason":"r"})");
    BOOST_TEST(none.status == 409);
    BOOST_TEST(none.code() == "not_refundable");
    BOOST_TEST(get("/api/v1/users/" + std::to_string(ann) + "/points").number("/balance") == 1000);
    BOOST_TEST(get(refunds).body["items"].Size() == 2);
    BOOST_TEST(get(refunds, {{"limit", "1"}}).body["items"].Size() == 1);
    BOOST_TEST(watch.count("refund SUCCEEDED") == 2);
}

BOOST_AUTO_TEST_CASE(a_refund_on_a_card_tells_what_became_of_it) {
    const auto refunds = pay().header("Location") + "/refunds";
    gateway.declineNext("account closed");
    const auto declined = post(refunds, R"({"reason":"r"})", "r1");
    BOOST_TEST(declined.status == 409);
    BOOST_TEST(declined.code() == "refund_declined");
    BOOST_TEST(post(refunds, R"({"reason":"r"})", "r1").code() == "refund_declined");
    gateway.timeOutThenSucceed();
    const auto open = post(refunds, R"({"reason":"r"})", "r2");
    BOOST_TEST(open.status == 202);
    BOOST_TEST(open.text("/state") == "UNKNOWN");
    BOOST_TEST(post(refunds, R"({"reason":"r"})", "r3").code() == "refund_too_large");
    const auto key = rows.refund({open.number("/refundId")})->gatewayKey.value();
    BOOST_TEST(news("m1", newsOf("refund", key, 599, "succeeded")).code() == "amount_mismatch");
    BOOST_TEST(news("m1", newsOf("refund", key, 600, "succeeded")).status == 204);
    const auto done = post(refunds, R"({"reason":"r"})", "r2");
    BOOST_TEST(done.status == 201);
    BOOST_TEST(done.header("Idempotent-Replayed") == "true");
    BOOST_TEST(get(open.header("Location")).text("/state") == "SUCCEEDED");
    shop.cards = nullptr;
    BOOST_TEST(news("m1", newsOf("refund", key, 600, "succeeded")).status == 401);
}

BOOST_AUTO_TEST_CASE(without_a_gateway_cards_are_not_refunded_and_points_are) {
    const auto refunds = pay().header("Location") + "/refunds";
    order = place();
    const auto points = post(order + "/payment", userBody(ann)).header("Location") + "/refunds";
    shop.cards = nullptr;
    BOOST_TEST(post(refunds, R"({"reason":"r"})").code() == "card_payments_unavailable");
    BOOST_TEST(post(points, R"({"reason":"r"})").status == 201);
}

BOOST_AUTO_TEST_CASE(refunds_of_what_cannot_be_refunded_are_refused) {
    BOOST_TEST(post("/api/v1/payments/999/refunds", R"({"reason":"r"})").code() == "payment_not_found");
    BOOST_TEST(get("/api/v1/payments/999/refunds").code() == "payment_not_found");
    BOOST_TEST(get("/api/v1/refunds/999").code() == "refund_not_found");
    const auto authorization = post("/api/v1/payments/authorizations",
                                    R"({"merchant":"m","amount":5,"currency":"EUR","reference":"r"})");
    BOOST_TEST(post(authorization.header("Location") + "/refunds", R"({"reason":"r"})").code() ==
               "not_refundable");
    const auto refunds = pay().header("Location") + "/refunds";
    BOOST_TEST(post(refunds, R"({"amount":0,"reason":""})").errors().size() == 2);
    BOOST_TEST(post(refunds, R"({"amount":1})").text("/errors/0/pointer") == "/reason");
    BOOST_TEST(
        post(refunds, R"({"reason":"r","lines":[{"productId":1,"quantity":1}]})").text("/errors/0/pointer") ==
        "/lines");
    BOOST_TEST(send(request("POST", refunds, R"({"reason":"r"})")).code() == "idempotency_key_missing");
}

BOOST_AUTO_TEST_CASE(callbacks_are_believed_by_their_signature_alone) {
    gateway.timeOutThenSucceed();
    const auto id = pay().number("/paymentId");
    const auto body = newsOf("charge", gatewayKey(id), 600, "succeeded");
    BOOST_TEST(news("m1", body, "forged").status == 401);
    BOOST_TEST(news("m1", body, "forged").code() == "signature_invalid");
    BOOST_TEST(news("m1", body, "forged").header("WWW-Authenticate") == "Webhook");
    BOOST_TEST(orderState() == "PAYING");
    BOOST_TEST(news("m1", newsOf("charge", "nobody", 600, "succeeded")).code() == "payment_not_found");
    const auto wrong = news("m1", newsOf("charge", gatewayKey(id), 599, "succeeded"));
    BOOST_TEST(wrong.status == 422);
    BOOST_TEST(wrong.code() == "amount_mismatch");
    BOOST_TEST(news("m1", newsOf("theft", gatewayKey(id), 600, "done")).errors().size() == 2);
    BOOST_TEST(news("", body).status == 400);
    BOOST_TEST(news("m1", body).status == 204);
    BOOST_TEST(news("m1", body).status == 204);
    BOOST_TEST(news("m1", body).response.body.empty());
    BOOST_TEST(orderState() == "COMPLETE");
}

BOOST_AUTO_TEST_SUITE_END()
