#include "commerce/events.hpp"
#include "commerce/orders.hpp"
#include "commerce/payment_events.hpp"
#include "commerce/payments.hpp"
#include "commerce/products.hpp"
#include "commerce/users.hpp"
#include "platform/core/error.hpp"
#include "tests/support/manual_clock.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace outboxd;
using namespace outboxd::commerce;

namespace {

// The pointers of what is wrong, joined by blanks; empty if nothing is.
template <class Command> std::string wrongIn(Command command) {
    const auto checked = validate(std::move(command));
    std::string pointers;
    if (const auto* invalid = std::get_if<Invalid>(&checked)) {
        for (const auto& problem : invalid->problems) {
            pointers += (pointers.empty() ? "" : " ") + problem.pointer;
        }
    }
    return pointers;
}

std::string repeated(std::size_t times, const std::string& text) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i) result += text;
    return result;
}

CreateUser named(const std::string& username) { return {username, "a@b", {}}; }

} // namespace

BOOST_AUTO_TEST_SUITE(commerce_values)

BOOST_AUTO_TEST_CASE(names_are_counted_in_characters_not_bytes) {
    BOOST_TEST(wrongIn(named("")) == "/username");
    BOOST_TEST(wrongIn(named(repeated(64, "한"))) == "");
    BOOST_TEST(wrongIn(named(repeated(65, "a"))) == "/username");
    BOOST_TEST(wrongIn(named(repeated(64, "\U0001F600"))) == "");
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf8_or_has_control_characters_is_refused) {
    for (const std::string text : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80", "a\nb",
                                   "\x7f", "\xc2\x85", "\x80"}) {
        BOOST_TEST(wrongIn(named(text)) == "/username");
    }
    BOOST_TEST(wrongIn(named(std::string(1, '\0'))) == "/username");
}

BOOST_AUTO_TEST_CASE(an_email_has_one_at_sign_between_two_parts) {
    for (const std::string email : {"abc", "@bc", "ab@", "a@b@c"}) {
        BOOST_TEST(wrongIn(CreateUser{"ann", email, {}}) == "/email");
    }
    BOOST_TEST(wrongIn(CreateUser{"ann", "ann@example.com", std::string{"+82 2 123"}}) == "");
    BOOST_TEST(wrongIn(CreateUser{"ann", "ann@example.com", std::string{}}) == "/phoneNumber");
}

BOOST_AUTO_TEST_CASE(amounts_have_bounds) {
    const auto charging = [](std::int64_t amount) {
        return ChargePoints{UserId{1}, core::Money{amount}, {}};
    };
    BOOST_TEST(wrongIn(charging(0)) == "/amount");
    BOOST_TEST(wrongIn(charging(-1)) == "/amount");
    BOOST_TEST(wrongIn(charging(1)) == "");
    BOOST_TEST(wrongIn(charging(1'000'000'000'000'000)) == "");
    BOOST_TEST(wrongIn(charging(1'000'000'000'000'001)) == "/amount");
    BOOST_TEST(wrongIn(charging(std::numeric_limits<std::int64_t>::min())) == "/amount");
}

BOOST_AUTO_TEST_CASE(every_problem_of_a_command_is_named_at_once) {
    BOOST_TEST(wrongIn(CreateProduct{"", core::Money{-1}, -1}) == "/name /price /stock");
    BOOST_TEST(wrongIn(CreateProduct{"free", core::Money{0}, 0}) == "");
    BOOST_TEST(wrongIn(Authorize{"", core::Money{0}, "eur", "", {}}) ==
               "/merchant /amount /currency /reference");
    for (const std::string currency : {"", "EU", "EURO", "E1R", "ÄB"}) {
        BOOST_TEST(wrongIn(Authorize{"m", core::Money{1}, currency, "r", {}}) == "/currency");
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_line_is_pointed_to) {
    BOOST_TEST(wrongIn(PlaceOrder{UserId{1}, {}, {}}) == "/lines");
    BOOST_TEST(wrongIn(PlaceOrder{UserId{1}, std::vector<PlaceOrder::Line>(101, {ProductId{1}, 1}), {}}) ==
               "/lines");
    BOOST_TEST(wrongIn(PlaceOrder{UserId{1}, std::vector<PlaceOrder::Line>(100, {ProductId{1}, 1}), {}}) ==
               "");
    BOOST_TEST(wrongIn(PlaceOrder{UserId{1},
                                  {{ProductId{1}, 1}, {ProductId{0}, 0}, {ProductId{2}, 1'000'001}},
                                  {}}) == "/lines/1/productId /lines/1/quantity /lines/2/quantity");
}

BOOST_AUTO_TEST_CASE(names_of_states_survive_the_way_there_and_back) {
    BOOST_TEST((orderStateFrom(name(OrderState::cancelled)) == OrderState::cancelled));
    BOOST_TEST((paymentMethodFrom(name(PaymentMethod::authorization)) == PaymentMethod::authorization));
    BOOST_TEST((paymentStateFrom(name(PaymentState::refunded)) == PaymentState::refunded));
    BOOST_TEST((historyKindFrom(name(HistoryKind::adjustment)) == HistoryKind::adjustment));
    BOOST_CHECK_THROW(orderStateFrom("complete"), core::Error);
}

BOOST_AUTO_TEST_CASE(payloads_are_what_the_contract_of_events_says) {
    const testing::ManualClock clock;
    Order order{.id = OrderId{7},
                .user = UserId{3},
                .state = OrderState::waiting,
                .total = core::Money{660},
                .createdAt = clock.today(),
                .expiresAt = clock.today() + std::chrono::minutes{15},
                .completedAt = {},
                .lines = {{ProductId{1}, 2, core::Money{300}}, {ProductId{2}, 3, core::Money{20}}}};
    BOOST_TEST(orderPlaced(clock, order, {}).payload.value() ==
               R"({"version":1,"orderId":7,"userId":3,"total":660,"lines":[)"
               R"({"productId":1,"quantity":2,"unitPrice":300},{"productId":2,"quantity":3,"unitPrice":20}],)"
               R"("placedAt":"2026-01-01T00:00:00.000000Z","expiresAt":"2026-01-01T00:15:00.000000Z"})");
    Payment payment;
    payment.id = PaymentId{9};
    payment.amount = order.total;
    payment.createdAt = clock.today();
    order.completedAt = clock.today();
    BOOST_TEST(paymentCompleted(clock, order, payment, {}).payload.value() ==
               R"({"version":1,"orderId":7,"paymentId":9,"userId":3,"method":"POINTS","amount":660,"lines":[)"
               R"({"productId":1,"quantity":2,"unitPrice":300},{"productId":2,"quantity":3,"unitPrice":20}],)"
               R"("completedAt":"2026-01-01T00:00:00.000000Z"})");
    order.coupon = CouponId{5};
    order.discount = core::Money{60};
    payment.method = PaymentMethod::card;
    payment.reason = "no money";
    BOOST_TEST(paymentCompleted(clock, order, payment, {})
                   .payload->ends_with(
                       R"("completedAt":"2026-01-01T00:00:00.000000Z","couponId":5,"discount":60})"));
    const std::string head =
        R"({"version":1,"orderId":7,"paymentId":9,"userId":3,"method":"CARD","amount":660,)";
    BOOST_TEST(paymentFailed(clock, order, payment, {}).payload.value() ==
               head + R"("couponId":5,"reason":"no money","failedAt":"2026-01-01T00:00:00.000000Z"})");
    BOOST_TEST(paymentUnknown(clock, order, payment, {}).payload.value() ==
               head + R"("reason":"no money","since":"2026-01-01T00:00:00.000000Z"})");
    Refund refund;
    refund.id = RefundId{11};
    refund.amount = core::Money{300};
    refund.reason = "broken";
    refund.lines = {{ProductId{1}, 1}};
    BOOST_TEST(
        paymentRefunded(clock, order, payment, refund, {core::Money{660}, true}, {}).payload.value() ==
        R"({"version":1,"orderId":7,"paymentId":9,"refundId":11,"userId":3,"method":"CARD","amount":300,)"
        R"("refundedTotal":660,"full":true,"reason":"broken","lines":[{"productId":1,"quantity":1}],)"
        R"("completedAt":"2026-01-01T00:00:00.000000Z","refundedAt":"2026-01-01T00:00:00.000000Z"})");
    order.completedAt.reset();
    BOOST_TEST(paymentRefunded(clock, order, payment, refund, {core::Money{300}, false}, {})
                   .payload->ends_with(R"("quantity":1}],"refundedAt":"2026-01-01T00:00:00.000000Z"})"));
    payment.merchant = "shop \"7\"";
    payment.currency = "EUR";
    payment.reference = "r";
    BOOST_TEST(paymentAuthorized(clock, payment, {}).payload.value() ==
               R"({"version":1,"paymentId":9,"merchant":"shop \"7\"","amount":660,"currency":"EUR",)"
               R"("reference":"r","authorizedAt":"2026-01-01T00:00:00.000000Z"})");
    BOOST_TEST(
        pointsCharged(clock, {UserId{3}, core::Money{5}, core::Money{12}}, {}).payload.value() ==
        R"({"version":1,"userId":3,"amount":5,"balance":12,"chargedAt":"2026-01-01T00:00:00.000000Z"})");
}

BOOST_AUTO_TEST_CASE(the_trace_of_a_request_travels_in_the_headers) {
    const testing::ManualClock clock;
    const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const Charged charged{UserId{3}, core::Money{5}, core::Money{12}};
    BOOST_TEST(pointsCharged(clock, charged, trace).headers.value() ==
               R"({"traceparent":")" + trace + R"("})");
    BOOST_TEST(!pointsCharged(clock, charged, {}).headers.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
