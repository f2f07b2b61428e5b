// HttpCardGateway against a gateway that speaks docs/gateway.md, and against one that does not.
#include "commerce/gateway/http_card_gateway.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/fake_gateway.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;
using commerce::gateway::HttpCardGateway;
using commerce::gateway::HttpCardGatewaySettings;
using commerce::gateway::Operation;
using testing::FakeGateway;
using testing::GatewayTurn;
using Outcome = commerce::GatewayAnswer::Outcome;
using State = core::CircuitBreaker::State;

namespace outboxd::commerce {
std::ostream& boost_test_print_type(std::ostream& out, Outcome outcome) {
    return out << gateway::name(outcome);
}
} // namespace outboxd::commerce
namespace outboxd::core {
std::ostream& boost_test_print_type(std::ostream& out, State state) { return out << name(state); }
} // namespace outboxd::core

namespace {

const core::SystemClock kClock;

HttpCardGatewaySettings to(unsigned port, std::chrono::milliseconds timeout = 30s) {
    HttpCardGatewaySettings settings;
    settings.endpoint = {
        .tls = false, .host = "127.0.0.1", .port = static_cast<std::uint16_t>(port), .prefix = ""};
    settings.apiKey = "test-key";
    settings.timeout = timeout;
    return settings;
}

struct Scene {
    Scene() : fake({}) { fake.start(); }
    ~Scene() { fake.release(); }

    // Whoever is silent on purpose is waited for that long; everything else answers at once.
    HttpCardGateway client(std::chrono::milliseconds timeout = 30s) {
        return HttpCardGateway(
            to(fake.port(), timeout), kClock, [this](Operation, Outcome, int count, auto) { tries = count; },
            [](auto) {});
    }

    FakeGateway fake;
    int tries = -1; // of the last operation
};

commerce::CardCharge chargeOf(const std::string& key, std::int64_t amount = 3000) {
    return {key, core::Money{amount}, "tok_ok", commerce::OrderId{17}};
}

commerce::CardRefund refundOf(const std::string& key, const std::string& of, std::int64_t amount) {
    return {key, of, core::Money{amount}};
}

std::string jsonAnswer(const std::string& status, const std::string& body) {
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(card_gateway, Scene)

BOOST_AUTO_TEST_CASE(money_moves_once_however_often_it_is_asked_for) {
    auto gateway = client();
    for (int i = 0; i < 3; ++i) BOOST_TEST(gateway.charge(chargeOf("c1")).outcome == Outcome::succeeded);
    BOOST_TEST(gateway.chargeState("c1").outcome == Outcome::succeeded);
    BOOST_TEST(gateway.refund(refundOf("r1", "c1", 1000)).outcome == Outcome::succeeded);
    BOOST_TEST(gateway.refund(refundOf("r1", "c1", 1000)).outcome == Outcome::succeeded);
    BOOST_TEST(gateway.refundState("r1").outcome == Outcome::succeeded);
    BOOST_TEST(fake.ledger().captured() == 2000);
}

BOOST_AUTO_TEST_CASE(a_decline_says_why_and_stays) {
    auto gateway = client();
    fake.next({.outcome = "declined"});
    for (int i = 0; i < 2; ++i) {
        const auto answer = gateway.charge(chargeOf("c1"));
        BOOST_TEST(answer.outcome == Outcome::declined);
        BOOST_TEST(answer.reason == "the card has no money");
    }
    BOOST_TEST(gateway.chargeState("c1").outcome == Outcome::declined);
    BOOST_TEST(gateway.refund(refundOf("r1", "c1", 1)).outcome == Outcome::declined);
    BOOST_TEST(fake.ledger().captured() == 0);
}

BOOST_AUTO_TEST_CASE(more_than_was_charged_is_not_refunded) {
    auto gateway = client();
    gateway.charge(chargeOf("c1", 3000));
    BOOST_TEST(gateway.refund(refundOf("r1", "c1", 2000)).outcome == Outcome::succeeded);
    BOOST_TEST(gateway.refund(refundOf("r2", "c1", 1001)).outcome == Outcome::declined);
    BOOST_TEST(fake.ledger().captured() == 1000);
}

BOOST_AUTO_TEST_CASE(what_the_gateway_is_still_at_is_pending) {
    auto gateway = client();
    fake.next({.outcome = "pending"});
    BOOST_TEST(gateway.charge(chargeOf("c1")).outcome == Outcome::pending);
    BOOST_TEST(gateway.chargeState("c1").outcome == Outcome::pending);
    fake.settlePending("succeeded");
    BOOST_TEST(gateway.chargeState("c1").outcome == Outcome::succeeded);
}

BOOST_AUTO_TEST_CASE(a_key_that_was_never_sent_is_not_found) {
    auto gateway = client();
    BOOST_TEST(gateway.chargeState("nobody knows?this#key%").outcome == Outcome::not_found);
    BOOST_TEST(gateway.refundState("c1").outcome == Outcome::not_found);
    BOOST_TEST(gateway.breaker().failedCalls == 0u);
}

BOOST_AUTO_TEST_CASE(no_answer_in_time_is_unknown_and_is_found_later) {
    auto gateway = client(200ms);
    fake.next({.answers = false});
    BOOST_TEST(gateway.charge(chargeOf("c1")).outcome == Outcome::unknown);
    BOOST_TEST(tries == 1);
    BOOST_TEST(fake.ledger().captured() == 3000); // it happened all the same
    fake.release();
    auto patient = client();
    BOOST_TEST(patient.chargeState("c1").outcome == Outcome::succeeded);
}

BOOST_AUTO_TEST_CASE(a_charge_that_is_acted_on_late_is_not_found_until_then) {
    auto gateway = client(200ms);
    fake.next({.hold = GatewayTurn::Hold::arrival});
    BOOST_TEST(gateway.charge(chargeOf("c1")).outcome == Outcome::unknown);
    fake.awaitHeld(1);
    auto patient = client();
    BOOST_TEST(patient.chargeState("c1").outcome == Outcome::not_found);
    fake.release();
    fake.awaitHeld(0);
    BOOST_TEST(patient.charge(chargeOf("c1")).outcome == Outcome::succeeded); // waits for the first
    BOOST_TEST(fake.ledger().captured() == 3000);
}

BOOST_AUTO_TEST_CASE(what_was_surely_not_sent_is_tried_again) {
    fake.goDown();
    auto gateway = client();
    BOOST_TEST(gateway.charge(chargeOf("c1")).outcome == Outcome::unknown);
    BOOST_TEST(tries == 3);
    fake.comeBack();
    BOOST_TEST(gateway.charge(chargeOf("c2")).outcome == Outcome::succeeded);
    BOOST_TEST(fake.ledger().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_charge_that_may_have_been_sent_is_not_repeated_but_a_question_is) {
    testing::TcpProxy charges("127.0.0.1", fake.port());
    charges.cut("POST /v1/charges", testing::TcpProxy::Cut::afterReply);
    HttpCardGateway gateway(
        to(charges.port()), kClock, [this](Operation, Outcome, int count, auto) { tries = count; },
        [](auto) {});
    BOOST_TEST(gateway.charge(chargeOf("c1")).outcome == Outcome::unknown);
    BOOST_TEST(tries == 1);
    BOOST_TEST(fake.posts() == 1);

    testing::TcpProxy questions("127.0.0.1", fake.port());
    questions.cut("GET /v1/charges", testing::TcpProxy::Cut::beforeServer);
    HttpCardGateway asking(
        to(questions.port()), kClock, [this](Operation, Outcome, int count, auto) { tries = count; },
        [](auto) {});
    BOOST_TEST(asking.chargeState("c1").outcome == Outcome::succeeded);
    BOOST_TEST(tries == 2);
}

BOOST_AUTO_TEST_CASE(pauses_between_tries_grow_and_end_within_the_time_limit) {
    fake.goDown();
    std::vector<std::chrono::microseconds> pauses;
    auto settings = to(fake.port(), 10s);
    settings.tries = 5;
    settings.breaker.minimumNumberOfCalls = 50;
    settings.firstPause = 100ms;
    HttpCardGateway patient(settings, kClock, {}, [&](auto pause) { pauses.push_back(pause); });
    patient.chargeState("c1");
    BOOST_REQUIRE(pauses.size() == 4u);
    for (std::size_t i = 0; i < pauses.size(); ++i) {
        BOOST_TEST((pauses[i] >= 50ms * (1 << i) && pauses[i] <= 150ms * (1 << i)));
    }
    pauses.clear();
    settings.timeout = 1s;
    settings.firstPause = 4s;
    HttpCardGateway hasty(settings, kClock, {}, [&](auto pause) { pauses.push_back(pause); });
    hasty.chargeState("c1");
    BOOST_TEST(pauses.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_gateway_that_fails_too_often_is_left_alone) {
    fake.goDown();
    auto gateway = client();
    gateway.chargeState("c1");
    gateway.chargeState("c1");
    BOOST_TEST(gateway.breaker().state == State::open);
    fake.comeBack();
    const auto answer = gateway.charge(chargeOf("c1"));
    BOOST_TEST(answer.outcome == Outcome::unknown);
    BOOST_TEST(answer.reason.find("circuit breaker") != std::string::npos);
    BOOST_TEST(tries == 0);
    BOOST_TEST(fake.posts() == 0);
}

BOOST_AUTO_TEST_CASE(declines_open_no_circuit) {
    auto gateway = client();
    for (int i = 0; i < 20; ++i) {
        fake.next({.outcome = "declined"});
        gateway.charge(chargeOf("c" + std::to_string(i)));
    }
    BOOST_TEST(gateway.breaker().state == State::closed);
}

BOOST_AUTO_TEST_CASE(the_same_key_for_something_else_is_unknown) {
    auto gateway = client();
    gateway.charge(chargeOf("c1", 3000));
    BOOST_TEST(gateway.charge(chargeOf("c1", 3001)).outcome == Outcome::unknown);
    BOOST_TEST(fake.ledger().captured() == 3000);
}

BOOST_AUTO_TEST_CASE(a_wrong_api_key_is_unknown) {
    auto settings = to(fake.port());
    settings.apiKey = "wrong";
    HttpCardGateway gateway(settings, kClock, {}, [](auto) {});
    BOOST_TEST(gateway.charge(chargeOf("c1")).outcome == Outcome::unknown);
    BOOST_TEST(gateway.chargeState("c1").outcome == Outcome::unknown); // not "not found"
    for (const auto* const bad : {"", "two\nlines", "a b"}) {
        settings.apiKey = bad;
        BOOST_CHECK_THROW(HttpCardGateway(settings, kClock, {}, [](auto) {}), core::Error);
    }
}

BOOST_AUTO_TEST_CASE(many_at_once) {
    auto gateway = HttpCardGateway(to(fake.port()), kClock, {}, [](auto) {});
    testing::crowd(16, [&](int number) {
        for (int i = 0; i < 20; ++i) {
            const auto key = "c" + std::to_string((number / 2) * 100 + i); // each key by two
            if (gateway.charge(chargeOf(key, 10)).outcome != Outcome::succeeded)
                throw std::runtime_error(key);
        }
    });
    BOOST_TEST(fake.ledger().captured() == 8 * 20 * 10);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(card_gateway_answers)

// Everything that is not exactly an answer is unknown: never a success, a decline or "not found".
BOOST_AUTO_TEST_CASE(what_does_not_fit_the_contract_is_unknown) {
    const std::string good = R"({"key":"c1","amount":3000,"status":"succeeded"})";
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ";
    for (const auto& bytes : {
             jsonAnswer("200 OK", R"({"key":"c2","amount":3000,"status":"succeeded"})"),
             jsonAnswer("200 OK", R"({"key":"c1","amount":3001,"status":"succeeded"})"),
             jsonAnswer("200 OK", R"({"key":"c1","amount":"3000","status":"succeeded"})"),
             jsonAnswer("200 OK", R"({"key":"c1","amount":3000.0,"status":"succeeded"})"),
             jsonAnswer("200 OK", R"({"key":"c1","amount":-3000,"status":"succeeded"})"),
             jsonAnswer("200 OK", R"({"key":"c1","status":"succeeded"})"),
             jsonAnswer("200 OK", R"({"key":"c1","amount":3000})"),
             jsonAnswer("200 OK", R"({"key":"c1","amount":3000,"status":"paid"})"),
             jsonAnswer("200 OK", R"({"key":"c1","amount":3000,"status":"declined","status":"succeeded"})"),
             jsonAnswer("200 OK", R"({"key":"c1","key":"c1","amount":3000,"status":"succeeded"})"),
             jsonAnswer("200 OK", R"([{"key":"c1","amount":3000,"status":"succeeded"}])"),
             jsonAnswer("200 OK", good + "x"),
             jsonAnswer("200 OK", good + std::string(1, '\0')),
             jsonAnswer("200 OK", good.substr(0, good.size() - 1)),
             jsonAnswer("200 OK", std::string(5000, '[')),
             jsonAnswer("200 OK", ""),
             jsonAnswer("200 OK", R"({"key":"c1","amount":3000,"status":"declined"})"),
             jsonAnswer("402 Payment Required", good),
             jsonAnswer("402 Payment Required", R"({"key":"c1","amount":3000})"),
             jsonAnswer("202 Accepted", good),
             jsonAnswer("404 Not Found",
                        R"({"key":"c1","status":"not_found"})"), // of a charge that was just sent
             jsonAnswer("302 Found", good),
             jsonAnswer("400 Bad Request", good),
             jsonAnswer("500 Oops", good),
             text + std::to_string(good.size()) + "\r\n\r\n" + good,
         }) {
        testing::RawServer server([&](testing::RawPeer& peer) {
            peer.readUntil("\r\n\r\n");
            peer.send(bytes);
            peer.awaitHangUp();
        });
        HttpCardGateway gateway(to(server.port()), kClock, {}, [](auto) {});
        BOOST_TEST_CONTEXT(bytes) BOOST_TEST(gateway.charge(chargeOf("c1")).outcome == Outcome::unknown);
    }
}

BOOST_AUTO_TEST_CASE(a_not_found_that_is_not_about_the_key_is_unknown) {
    for (const auto& bytes : {
             jsonAnswer("404 Not Found", R"({"key":"c2","status":"not_found"})"),
             jsonAnswer("404 Not Found", R"({"status":"not_found"})"),
             jsonAnswer("404 Not Found", R"({"key":"c1","amount":3000,"status":"declined"})"),
             jsonAnswer("404 Not Found", "{}"),
             jsonAnswer("200 OK", R"({"key":"c1","status":"not_found"})"),
             std::string{
                 "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n404!"},
         }) {
        testing::RawServer server([&](testing::RawPeer& peer) {
            peer.readUntil("\r\n\r\n");
            peer.send(bytes);
            peer.awaitHangUp();
        });
        HttpCardGateway gateway(to(server.port()), kClock, {}, [](auto) {});
        BOOST_TEST_CONTEXT(bytes) BOOST_TEST(gateway.chargeState("c1").outcome == Outcome::unknown);
    }
}

BOOST_AUTO_TEST_CASE(a_gateway_may_say_more_than_agreed) {
    const std::string body =
        "{\"key\":\"c1\",\"amount\":3000,\"status\":\"declined\",\"id\":{\"deep\":[1]},\"reason\":\"a\\nb" +
        std::string(300, 'x') + "\"}";
    testing::RawServer server([&](testing::RawPeer& peer) {
        peer.readUntil("\r\n\r\n");
        peer.send(jsonAnswer("402 Payment Required", body));
        peer.awaitHangUp();
    });
    HttpCardGateway gateway(to(server.port()), kClock, {}, [](auto) {});
    const auto answer = gateway.charge(chargeOf("c1"));
    BOOST_TEST(answer.outcome == Outcome::declined);
    BOOST_TEST(answer.reason == "a b" + std::string(188, 'x'));
}

BOOST_AUTO_TEST_CASE(a_busy_gateway_is_asked_again) {
    int asked = 0;
    testing::RawServer server([&](testing::RawPeer& peer) {
        peer.readUntil("\r\n\r\n");
        peer.send(++asked == 1 ? jsonAnswer("503 Busy", "{}")
                               : jsonAnswer("200 OK", R"({"key":"c1","amount":5,"status":"succeeded"})"));
        peer.awaitHangUp();
    });
    HttpCardGateway gateway(to(server.port()), kClock, {}, [](auto) {});
    BOOST_TEST(gateway.chargeState("c1").outcome == Outcome::succeeded);
    BOOST_TEST(asked == 2);
}

BOOST_AUTO_TEST_SUITE_END()
