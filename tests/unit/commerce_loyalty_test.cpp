// Which points a payment gives, which a refund takes back, and what an event must say for that.
#include "commerce/event_json.hpp"
#include "commerce/loyalty_events.hpp"
#include "commerce/valid.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/manual_clock.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <random>

using namespace outboxd;
using namespace outboxd::commerce;
using core::Money;

namespace {

constexpr UserId kAnn{3};
constexpr PaymentId kPayment{9};

struct Books {
    testing::ManualClock clock;
    std::map<UserId, Money> balances{{kAnn, Money{1000}}};
    std::map<PaymentId, LoyaltyPayment> payments;
    LoyaltyRate rate;

    LoyaltyEvent paid(std::int64_t amount, PaymentId payment = kPayment) {
        payments[payment].paid = Money{amount};
        return {core::newEventId(clock), PaymentMade{payment, OrderId{7}, kAnn, Money{amount}}};
    }
    LoyaltyEvent back(std::int64_t amount, std::int64_t total, std::int64_t refund = 11) {
        return {core::newEventId(clock),
                PaymentTakenBack{RefundId{refund}, kPayment, OrderId{7}, kAnn, Money{amount}, Money{total}}};
    }
    LoyaltyBooks after(const std::vector<LoyaltyEvent>& events) const {
        LoyaltyBooks books(rate, balances, payments);
        for (const auto& event : events) books.workOff(event);
        return books;
    }
    // "reference amount balance missing" of each.
    std::vector<std::string> movements(const std::vector<LoyaltyEvent>& events) const {
        std::vector<std::string> texts;
        const auto books = after(events);
        for (const auto& movement : books.movements())
            texts.push_back(fmt::format("{} {} {} {}", movement.reference(), movement.amount.minorUnits(),
                                        movement.balance.minorUnits(), movement.missing.minorUnits()));
        return texts;
    }
};
using Texts = std::vector<std::string>;

std::int64_t points(std::int64_t hundredths, std::int64_t paid) {
    return LoyaltyRate{hundredths}.of(Money{paid}).minorUnits();
}

std::int64_t takes(std::int64_t given, std::int64_t paid, std::int64_t before, std::int64_t after) {
    return pointsBack(Money{given}, Money{paid}, Money{before}, Money{after}).minorUnits();
}

const std::string kMade =
    R"({"version":1,"orderId":7,"paymentId":9,"userId":3,"method":"CARD","amount":600,"lines":[],"completedAt":"2026-01-01T00:00:00.000000Z"})";
const std::string kRefunded =
    R"({"version":1,"orderId":7,"paymentId":9,"refundId":11,"userId":3,"method":"CARD","amount":300,"refundedTotal":400,"full":false,"reason":"","lines":[],"completedAt":"2026-01-01T00:00:00.000000Z","refundedAt":"2026-01-02T00:00:00.000000Z"})";

std::string without(std::string payload, const std::string& text, const std::string& instead = "") {
    const auto at = payload.find(text);
    BOOST_REQUIRE(at != std::string::npos);
    return payload.replace(at, text.size(), instead);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(commerce_loyalty, Books)

BOOST_AUTO_TEST_CASE(points_are_the_share_rounded_down) {
    BOOST_TEST(points(100, 600) == 6);
    BOOST_TEST(points(100, 699) == 6);
    BOOST_TEST(points(100, 99) == 0);
    BOOST_TEST(points(125, 10'000) == 125);
    BOOST_TEST(points(125, 79) == 0);
    BOOST_TEST(points(125, 80) == 1);
    BOOST_TEST(points(0, 1'000'000) == 0);
    BOOST_TEST(points(10'000, kMostBalance.minorUnits()) == kMostBalance.minorUnits());
    BOOST_TEST(points(9'999, 9'007'199'254'740'991) == 9'006'298'534'815'516);
}

BOOST_AUTO_TEST_CASE(refunds_take_back_all_of_it_in_the_end_and_never_more) {
    BOOST_TEST(takes(6, 600, 0, 600) == 6);
    BOOST_TEST(takes(6, 600, 0, 1) == 1); // five hundred and ninety-nine earn five
    BOOST_TEST(takes(6, 600, 1, 100) == 0);
    BOOST_TEST(takes(0, 600, 0, 600) == 0);
    BOOST_TEST(takes(0, 0, 0, 0) == 0);
    const auto most = kMostBalance.minorUnits();
    BOOST_TEST(takes(most, most, 0, most - 1) == most - 1);
    std::minstd_rand dice{7};
    for (int round = 0; round < 1000; ++round) {
        const auto paid = static_cast<std::int64_t>(1 + dice() % 5000);
        const auto given = static_cast<std::int64_t>(dice()) % (paid + 1);
        std::int64_t refunded = 0, taken = 0;
        while (refunded < paid) {
            const auto more = std::min<std::int64_t>(1 + dice() % 700, paid - refunded);
            taken += takes(given, paid, refunded, refunded + more);
            refunded += more;
            BOOST_REQUIRE(taken <= given);
        }
        BOOST_REQUIRE(taken == given);
    }
}

BOOST_AUTO_TEST_CASE(a_payment_gives_once_whatever_tells_of_it) {
    const auto first = paid(600), again = paid(600);
    BOOST_TEST(movements({first, again, first}) == Texts{"loyalty:9 6 1006 0"},
               boost::test_tools::per_element());
    payments[kPayment].given = Money{4}; // at another rate, before
    BOOST_TEST(movements({first}).empty());
    BOOST_TEST(movements({paid(99, PaymentId{10})}).empty());
}

BOOST_AUTO_TEST_CASE(a_refund_takes_back_its_share_once) {
    const auto payment = paid(600);
    BOOST_TEST(movements({payment, back(300, 300), back(300, 300)}) ==
                   (Texts{"loyalty:9 6 1006 0", "loyalty-refund:11 -3 1003 0"}),
               boost::test_tools::per_element());
    BOOST_TEST(
        movements({payment, back(300, 300), back(300, 600, 12)}) ==
            (Texts{"loyalty:9 6 1006 0", "loyalty-refund:11 -3 1003 0", "loyalty-refund:12 -3 1000 0"}),
        boost::test_tools::per_element());
    payments[kPayment].given = Money{60}; // what that payment gave counts, not today's rate
    BOOST_TEST(movements({back(600, 600)}) == Texts{"loyalty-refund:11 -60 940 0"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_the_account_does_not_have_is_missing_and_stays_so) {
    balances[kAnn] = Money{0};
    const auto payment = paid(600);
    payments[kPayment].given = Money{6};
    balances[kAnn] = Money{2};
    const auto books = after({payment, back(600, 600)});
    BOOST_TEST(movements({payment, back(600, 600)}) == Texts{"loyalty-refund:11 -2 0 4"},
               boost::test_tools::per_element());
    BOOST_REQUIRE(books.refunds().size() == 1u);
    BOOST_TEST(books.refunds()[0].refund.due.minorUnits() == 6);
    BOOST_TEST(books.refunds()[0].refund.taken.minorUnits() == 2);
    balances[kAnn] = Money{0};
    BOOST_TEST(movements({back(600, 600)}) == Texts{"loyalty-refund:11 0 0 6"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_refund_that_is_told_before_its_payment_waits_for_it) {
    const auto payment = paid(600);
    BOOST_TEST(movements({back(300, 300)}).empty());
    BOOST_TEST(after({back(300, 300)}).refunds().size() == 1u);
    BOOST_TEST(
        movements({back(300, 600, 12), back(300, 300), payment}) ==
            (Texts{"loyalty:9 6 1006 0", "loyalty-refund:12 -3 1003 0", "loyalty-refund:11 -3 1000 0"}),
        boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_is_given_at_rate_0_and_what_was_given_is_still_taken_back) {
    rate.hundredths = 0;
    const auto payment = paid(600);
    BOOST_TEST(movements({payment, back(300, 300)}).empty());
    payments[kPayment].given = Money{6};
    BOOST_TEST(movements({back(300, 300)}) == Texts{"loyalty-refund:11 -3 997 0"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_account_that_is_full_gets_an_error_and_no_wrong_sum) {
    balances[kAnn] = kMostBalance;
    const auto payment = paid(600);
    BOOST_TEST(testing::errorOf([&] { after({payment}); }).kind() == core::ErrorKind::invalid_data);
}

BOOST_AUTO_TEST_CASE(the_events_say_what_the_documents_say) {
    auto payment = paid(600);
    payment.traceparent = "00-11111111111111111111111111111111-2222222222222222-00";
    const auto books = after({payment, back(300, 300)});
    const auto added = loyaltyMoved(clock, books.movements().at(0));
    BOOST_TEST(added.type == "PointsAdded");
    BOOST_TEST(added.aggregateType == "point_account");
    BOOST_TEST(added.orderKey == "3");
    BOOST_TEST(added.payload.value() ==
               R"({"version":1,"userId":3,"amount":6,"balance":1006,"orderId":7,"paymentId":9,"addedAt":")" +
                   core::toRfc3339(clock.today()) + R"("})");
    BOOST_TEST(added.headers.value() == R"({"traceparent":")" + *payment.traceparent + R"("})");
    const auto taken = loyaltyMoved(clock, books.movements().at(1));
    BOOST_TEST(taken.type == "PointsTakenBack");
    BOOST_TEST(
        taken.payload.value() ==
        R"({"version":1,"userId":3,"amount":3,"missing":0,"balance":1003,"orderId":7,"paymentId":9,"refundId":11,"takenBackAt":")" +
            core::toRfc3339(clock.today()) + R"("})");
    BOOST_TEST(!taken.headers.has_value());
}

BOOST_AUTO_TEST_CASE(events_are_read_strictly_and_the_field_at_fault_is_named) {
    const auto id = core::newEventId(clock);
    const auto reason = [&](const std::string& type, const std::optional<std::string>& payload) {
        const auto result = readLoyalty(id, type, payload);
        const auto* unreadable = std::get_if<Unreadable>(&result);
        return unreadable ? unreadable->reason : "readable";
    };
    const auto made = std::get<LoyaltyEvent>(readLoyalty(id, "PaymentCompleted", kMade));
    BOOST_TEST(std::get<PaymentMade>(made.what).amount.minorUnits() == 600);
    BOOST_TEST(std::get<PaymentMade>(made.what).order.value == 7);
    const auto refunded = std::get<LoyaltyEvent>(readLoyalty(id, "PaymentRefunded", kRefunded));
    BOOST_TEST(std::get<PaymentTakenBack>(refunded.what).refund.value == 11);
    BOOST_TEST(std::get<PaymentTakenBack>(refunded.what).total.minorUnits() == 400);

    for (const auto& type : {"OrderPlaced", "PaymentFailed", "PointsAdded", ""})
        BOOST_CHECK(std::holds_alternative<NotLoyal>(readLoyalty(id, type, "nonsense")));
    // The money of an order that never was complete: nothing was given for it.
    BOOST_CHECK(std::holds_alternative<NotLoyal>(readLoyalty(
        id, "PaymentRefunded", without(kRefunded, R"("completedAt":"2026-01-01T00:00:00.000000Z",)"))));

    BOOST_TEST(reason("PaymentCompleted", std::nullopt) == "there is no payload");
    BOOST_TEST(reason("PaymentCompleted", "[]") == "the payload is not a JSON object");
    BOOST_TEST(reason("PaymentCompleted", without(kMade, R"("version":1)", R"("version":2)")) ==
               "version is not a whole number within its bounds");
    BOOST_TEST(reason("PaymentCompleted", without(kMade, R"("userId":3,)")) == "userId is missing");
    for (const auto* amount :
         {"6.5", "\"600\"", "-1", "null", "1e3", "9000000000000001", "99999999999999999999"})
        BOOST_TEST(reason("PaymentCompleted", without(kMade, "600", amount)) ==
                       "amount is not a whole number within its bounds",
                   amount);
    BOOST_TEST(reason("PaymentCompleted", without(kMade, R"("method":"CARD")", R"("amount":1)")) ==
               "amount is given twice");
    BOOST_TEST(reason("PaymentRefunded", without(kRefunded, "400", "299")) ==
               "refundedTotal is less than amount");
    for (const auto* field :
         {R"("orderId":7,)", R"("paymentId":9,)", R"("refundId":11,)", R"("amount":300,)"})
        BOOST_TEST(reason("PaymentRefunded", without(kRefunded, field)).ends_with(" is missing"), field);
    const auto nameless = readLoyalty(std::nullopt, "PaymentCompleted", kMade);
    BOOST_TEST(std::get<Unreadable>(nameless).reason == "the header id is missing or no event id");
}

BOOST_AUTO_TEST_SUITE_END()
