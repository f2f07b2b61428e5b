// What events change in the figures of sales, and which hours the ranking adds up.
#include "commerce/best_sellers.hpp"
#include "tests/support/manual_clock.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

using namespace outboxd;
using namespace outboxd::commerce;
using namespace std::chrono_literals;

namespace {

core::Timestamp at(const std::string& text) { return core::fromRfc3339(text).value(); }

struct Events {
    testing::ManualClock clock;
    core::EventId id = core::newEventId(clock);

    auto read(std::string_view type, const std::string& payload) { return readSale(id, type, payload); }
    static std::string paid(const std::string& lines,
                            const std::string& completedAt = "2026-01-01T10:59:59.999999Z") {
        return R"({"version":1,"orderId":7,"paymentId":9,"userId":3,"method":"POINTS","amount":660,"lines":)" +
               lines + R"(,"completedAt":")" + completedAt + R"("})";
    }
    std::string reasonFor(const std::optional<std::string>& payload) {
        const auto result = readSale(id, "PaymentCompleted", payload);
        const auto* unreadable = std::get_if<Unreadable>(&result);
        return unreadable ? unreadable->reason : "readable";
    }
};

const std::string kLines =
    R"([{"productId":1,"quantity":2,"unitPrice":300},{"productId":2,"quantity":3,"unitPrice":20}])";

} // namespace

BOOST_FIXTURE_TEST_SUITE(commerce_sales, Events)

BOOST_AUTO_TEST_CASE(a_paid_order_counts_in_the_hour_of_its_completion) {
    const auto sale = std::get<Sale>(read("PaymentCompleted", paid(kLines)));
    BOOST_CHECK(sale.event == id);
    BOOST_CHECK(sale.hour == at("2026-01-01T10:00:00Z"));
    BOOST_REQUIRE(sale.lines.size() == 2u);
    BOOST_TEST(sale.lines[1].product.value == 2);
    BOOST_TEST(sale.lines[1].quantity == 3);
    const auto next = std::get<Sale>(read("PaymentCompleted", paid(kLines, "2026-01-01T11:00:00.000000Z")));
    BOOST_CHECK(next.hour == at("2026-01-01T11:00:00Z"));
}

BOOST_AUTO_TEST_CASE(goods_that_come_back_are_taken_off_in_the_hour_of_the_sale) {
    const auto sale = std::get<Sale>(read(
        "PaymentRefunded",
        R"({"version":1,"orderId":7,"paymentId":9,"refundId":4,"userId":3,"method":"CARD","amount":20,"refundedTotal":20,
            "full":false,"lines":[{"productId":2,"quantity":1}],"completedAt":"2026-01-01T10:30:00.000000Z",
            "refundedAt":"2026-01-03T18:00:00.000000Z"})"));
    BOOST_CHECK(sale.hour == at("2026-01-01T10:00:00Z"));
    BOOST_REQUIRE(sale.lines.size() == 1u);
    BOOST_TEST(sale.lines[0].quantity == -1);
}

BOOST_AUTO_TEST_CASE(money_back_for_an_order_that_was_never_completed_takes_nothing_off) {
    const std::string refund =
        R"({"version":1,"orderId":7,"lines":[],"refundedAt":"2026-01-03T18:00:00.000000Z"})";
    BOOST_CHECK(std::holds_alternative<NoSale>(read("PaymentRefunded", refund)));
    BOOST_CHECK(std::holds_alternative<Unreadable>(read("PaymentCompleted", refund)));
    BOOST_CHECK(std::holds_alternative<Unreadable>(read("PaymentRefunded", "{}")));
}

BOOST_AUTO_TEST_CASE(other_events_sell_nothing_whatever_they_hold) {
    for (const auto* type : {"OrderPlaced", "OrderCancelled", "PaymentFailed", ""})
        BOOST_CHECK(std::holds_alternative<NoSale>(readSale(std::nullopt, type, "no json")));
}

BOOST_AUTO_TEST_CASE(fields_that_nobody_knows_are_left_alone) {
    auto payload = paid(kLines);
    payload.insert(1, R"("gift":{"wrapped":[true,null]},)");
    BOOST_TEST(reasonFor(payload) == "readable");
}

BOOST_AUTO_TEST_CASE(what_is_not_as_agreed_is_unreadable_and_says_why) {
    BOOST_TEST(reasonFor(std::nullopt) == "there is no payload");
    BOOST_TEST(reasonFor("") == "the payload is not a JSON object");
    BOOST_TEST(reasonFor("[]") == "the payload is not a JSON object");
    BOOST_TEST(reasonFor("{}") == "version is missing");
    BOOST_TEST(reasonFor(paid(kLines) + "x") == "the payload is not a JSON object");
    BOOST_TEST(reasonFor(std::string(100'000, '[')) == "the payload is not a JSON object");
    BOOST_TEST(reasonFor(paid("{}")) == "lines is not a list");
    BOOST_TEST(reasonFor(paid("[7]")) == "a line is not an object");
    BOOST_TEST(reasonFor(paid(R"([{"productId":1}])")) == "quantity is missing");
    BOOST_TEST(reasonFor(paid(kLines, "yesterday")) == "completedAt is not a time");
    for (const auto* quantity :
         {"0", "-1", "1.0", "1e3", "\"1\"", "true", "null", "18446744073709551616", "1000000001"})
        BOOST_TEST(reasonFor(paid(fmt::format(R"([{{"productId":1,"quantity":{}}}])", quantity))) ==
                       "quantity is not a whole number within its bounds",
                   quantity);
    BOOST_TEST(reasonFor(paid(R"([{"productId":1,"quantity":1,"quantity":2}])")) ==
               "quantity is given twice");
    auto two = paid(kLines);
    two.replace(two.find(R"("version":1)"), 11, R"("version":2)");
    BOOST_TEST(reasonFor(two) == "version is not a whole number within its bounds");
    BOOST_CHECK(std::holds_alternative<Unreadable>(readSale(std::nullopt, "PaymentCompleted", paid(kLines))));
}

BOOST_AUTO_TEST_CASE(the_ranking_adds_up_seventy_two_whole_hours_and_the_current_one) {
    const auto hours = rankedHours(at("2026-01-04T12:34:56.789Z"));
    BOOST_CHECK(hours.last == at("2026-01-04T12:00:00Z"));
    BOOST_CHECK(hours.first == at("2026-01-01T12:00:00Z"));
    const auto edge = rankedHours(at("2026-01-04T12:00:00Z"));
    BOOST_CHECK(edge.first == at("2026-01-01T12:00:00Z"));
    BOOST_CHECK(rankedHours(at("2026-01-04T11:59:59.999999Z")).first == at("2026-01-01T11:00:00Z"));
}

BOOST_AUTO_TEST_CASE(times_are_read_in_one_form_only) {
    BOOST_TEST(core::toRfc3339(at("2026-02-28T23:59:59.5Z")) == "2026-02-28T23:59:59.500000Z");
    BOOST_TEST(core::toRfc3339(at("2024-02-29T00:00:00Z")) == "2024-02-29T00:00:00.000000Z");
    for (const auto* text :
         {"", "2026-01-01", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
          "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00",
          "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567Z",
          "2026-01-01t00:00:00Z", "2026-01-01T00:00:00Z ", "2026-01-01T-1:00:00Z"})
        BOOST_TEST(!core::fromRfc3339(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(what_a_store_keeps_comes_back_as_it_was) {
    BestSellers best{
        at("2026-01-01T00:00:00.000001Z"),
        at("2026-01-01T00:00:01Z"),
        {{ProductId{1}, "\"Tea\" \xe2\x98\x95", core::Money{300}, 4, 9}, {ProductId{2}, "", {}, 0, 1}}};
    BOOST_CHECK(decode(encode(best)) == best);
    best.asOf.reset();
    best.items.clear();
    BOOST_CHECK(decode(encode(best)) == best);
    for (const auto* text :
         {"", "[]", "{}", "[2,1,null]", "[1,null,null]", "[1,1,\"x\"]", "[1,1,null,[1]]", "[1,1,null"})
        BOOST_CHECK(!decode(text));
}

BOOST_AUTO_TEST_SUITE_END()
