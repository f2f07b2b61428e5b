#include "tests/support/fake_shop.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/shop_verbs.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using namespace std::chrono_literals;

namespace {

struct Shop {
    testing::ManualClock clock;
    int rings = 0;
    testing::FakeShop rows{clock, [this] { ++rings; }};
    testing::ShopVerbs verbs{rows};
    UserId ann = verbs.userWith("ann", 1000);
    ProductId mug = verbs.product("mug", 300, 5);
    ProductId pen = verbs.product("pen", 20, 100);

    std::int64_t balanceOf(UserId user) { return rows.balance(user)->minorUnits(); }
    std::int64_t stockOf(ProductId product) { return rows.product(product)->stock; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(commerce_rules, Shop)

BOOST_AUTO_TEST_CASE(a_charge_adds_points_history_and_an_event) {
    const auto charged = std::get<Charged>(verbs.charge(ann, 500));
    BOOST_TEST(charged.balance.minorUnits() == 1500);
    BOOST_TEST(balanceOf(ann) == 1500);
    const auto entry = rows.history(ann, {}).items.front();
    BOOST_TEST(entry.amount.minorUnits() == 500);
    BOOST_TEST(entry.balanceAfter.minorUnits() == 1500);
    const auto event = rows.events().back();
    BOOST_TEST(event.type == "PointsCharged");
    BOOST_TEST(event.aggregateType == "point_account");
    BOOST_TEST(event.orderKey == std::to_string(ann.value));
    BOOST_TEST(entry.reference == "charge:" + event.id.text());
}

BOOST_AUTO_TEST_CASE(a_charge_for_nobody_is_refused) {
    BOOST_TEST((std::get<UserNotFound>(verbs.charge(UserId{999}, 1)).user == UserId{999}));
}

BOOST_AUTO_TEST_CASE(a_balance_stays_within_its_limit) {
    for (int i = 0; i < 8; ++i) verbs.charge(ann, kMostAmount.minorUnits());
    const auto refused = std::get<BalanceLimitReached>(verbs.charge(ann, kMostAmount.minorUnits()));
    BOOST_TEST((refused.limit == kMostBalance));
    BOOST_TEST(refused.balance.minorUnits() == 1000 + 8 * kMostAmount.minorUnits());
    BOOST_TEST(balanceOf(ann) == 1000 + 8 * kMostAmount.minorUnits());
}

BOOST_AUTO_TEST_CASE(a_username_belongs_to_one_user) {
    BOOST_TEST(std::holds_alternative<UsernameTaken>(verbs.signUp("ann")));
    BOOST_TEST(std::holds_alternative<User>(verbs.signUp("Ann")));
}

BOOST_AUTO_TEST_CASE(an_order_takes_stock_at_todays_price_until_it_expires) {
    const auto order = std::get<Order>(verbs.place(ann, {{mug, 2}, {pen, 3}}));
    BOOST_TEST(order.total.minorUnits() == 660);
    BOOST_TEST((order.state == OrderState::waiting));
    BOOST_TEST((order.expiresAt == clock.today() + 15min));
    BOOST_TEST(stockOf(mug) == 3);
    BOOST_TEST(stockOf(pen) == 97);
    BOOST_TEST(rows.events().back().type == "OrderPlaced");
    BOOST_TEST(balanceOf(ann) == 1000);
}

BOOST_AUTO_TEST_CASE(lines_of_one_product_count_as_one_and_are_sorted) {
    const auto order = std::get<Order>(verbs.place(ann, {{pen, 1}, {mug, 1}, {pen, 2}}));
    BOOST_REQUIRE(order.lines.size() == 2);
    BOOST_TEST((order.lines[0].product == mug));
    BOOST_TEST((order.lines[1].product == pen));
    BOOST_TEST(order.lines[1].quantity == 3);
    BOOST_TEST(order.lines[1].unitPrice.minorUnits() == 20);
}

BOOST_AUTO_TEST_CASE(an_order_without_enough_stock_takes_nothing) {
    const auto before = rows.events().size();
    const auto refused = std::get<OutOfStock>(verbs.place(ann, {{mug, 1}, {pen, 101}}));
    BOOST_TEST((refused.product == pen));
    BOOST_TEST(refused.requested == 101);
    BOOST_TEST(refused.available == 100);
    BOOST_TEST(stockOf(mug) == 5);
    BOOST_TEST(rows.events().size() == before);
}

BOOST_AUTO_TEST_CASE(merged_lines_cannot_take_more_than_there_is) {
    BOOST_TEST(std::get<OutOfStock>(verbs.place(ann, {{mug, 3}, {mug, 3}})).requested == 6);
    BOOST_TEST(stockOf(mug) == 5);
}

BOOST_AUTO_TEST_CASE(an_order_for_an_unknown_product_or_user_is_refused) {
    const auto refused = std::get<ProductNotFound>(verbs.place(ann, {{mug, 1}, {ProductId{777}, 1}}));
    BOOST_TEST((refused.product == ProductId{777}));
    BOOST_TEST(stockOf(mug) == 5);
    BOOST_TEST(std::holds_alternative<UserNotFound>(verbs.place(UserId{999}, {{mug, 1}})));
}

BOOST_AUTO_TEST_CASE(a_total_that_overflows_or_could_never_be_paid_is_refused) {
    const auto yacht = verbs.product("yacht", kMostAmount.minorUnits(), 1'000'000);
    BOOST_TEST(std::holds_alternative<TotalTooLarge>(verbs.place(ann, {{yacht, 1'000'000}}))); // 10^21
    BOOST_TEST(std::holds_alternative<TotalTooLarge>(verbs.place(ann, {{yacht, 10}})));        // 10^16
    BOOST_TEST(std::holds_alternative<TotalTooLarge>(verbs.place(ann, {{pen, 1}, {yacht, 9}})));
    BOOST_TEST(std::holds_alternative<Order>(verbs.place(ann, {{yacht, 9}})));
}

BOOST_AUTO_TEST_CASE(paying_moves_points_order_payment_history_and_event_together) {
    const auto order = verbs.placed(ann, mug, 2);
    clock.advance(1min);
    const auto paid = std::get<Paid>(verbs.pay(order, ann));
    BOOST_TEST(paid.balance.minorUnits() == 400);
    BOOST_TEST(balanceOf(ann) == 400);
    BOOST_TEST((rows.order(order)->state == OrderState::complete));
    BOOST_TEST((rows.order(order)->completedAt == clock.today()));
    BOOST_TEST((rows.payment(paid.payment.id)->order == order));
    const auto entry = rows.history(ann, {}).items.front();
    BOOST_TEST(entry.amount.minorUnits() == -600);
    BOOST_TEST(entry.balanceAfter.minorUnits() == 400);
    BOOST_TEST(entry.reference == "payment:" + std::to_string(paid.payment.id.value));
    const auto event = rows.events().back();
    BOOST_TEST(event.type == "PaymentCompleted");
    BOOST_TEST(event.aggregateType == "order");
    BOOST_TEST(event.orderKey == std::to_string(order.value));
}

BOOST_AUTO_TEST_CASE(an_order_is_paid_once) {
    const auto order = verbs.placed(ann, mug);
    verbs.pay(order, ann);
    BOOST_TEST((std::get<WrongState>(verbs.pay(order, ann)).state == OrderState::complete));
    BOOST_TEST(balanceOf(ann) == 700);
}

BOOST_AUTO_TEST_CASE(too_few_points_change_nothing) {
    const auto order = verbs.placed(ann, mug, 4);
    const auto eventsBefore = rows.events().size();
    const auto refused = std::get<InsufficientPoints>(verbs.pay(order, ann));
    BOOST_TEST(refused.balance.minorUnits() == 1000);
    BOOST_TEST(refused.needed.minorUnits() == 1200);
    BOOST_TEST((rows.order(order)->state == OrderState::waiting));
    BOOST_TEST(rows.events().size() == eventsBefore);
    verbs.charge(ann, 200);
    BOOST_TEST(std::get<Paid>(verbs.pay(order, ann)).balance.minorUnits() == 0);
}

BOOST_AUTO_TEST_CASE(only_the_owner_pays) {
    const auto bob = verbs.userWith("bob", 5000);
    const auto order = verbs.placed(ann, mug);
    BOOST_TEST(std::holds_alternative<OrderNotFound>(verbs.pay(order, bob)));
    BOOST_TEST(balanceOf(bob) == 5000);
    BOOST_TEST(std::holds_alternative<OrderNotFound>(verbs.pay(OrderId{12345}, ann)));
}

BOOST_AUTO_TEST_CASE(an_order_can_be_paid_until_it_expires) {
    const auto early = verbs.placed(ann, pen);
    const auto late = verbs.placed(ann, pen);
    clock.advance(15min - 1us);
    BOOST_TEST(std::holds_alternative<Paid>(verbs.pay(early, ann)));
    clock.advance(1us);
    BOOST_TEST((std::get<OrderExpired>(verbs.pay(late, ann)).expiresAt == clock.today()));
    BOOST_TEST(balanceOf(ann) == 980);
}

BOOST_AUTO_TEST_CASE(a_cancelled_or_expired_order_says_which) {
    const auto order = verbs.placed(ann, pen);
    const auto put = [&](OrderState from, OrderState to) {
        rows.run([&](Transaction& transaction) {
            transaction.orders().move(order, from, to, std::nullopt);
            return Ending::commit;
        });
    };
    put(OrderState::waiting, OrderState::cancelled);
    BOOST_TEST((std::get<WrongState>(verbs.pay(order, ann)).state == OrderState::cancelled));
    put(OrderState::cancelled, OrderState::paying);
    BOOST_TEST((std::get<WrongState>(verbs.pay(order, ann)).state == OrderState::paying));
    put(OrderState::paying, OrderState::expired);
    BOOST_TEST(std::holds_alternative<OrderExpired>(verbs.pay(order, ann)));
}

BOOST_AUTO_TEST_CASE(an_authorization_is_a_payment_with_its_own_order_key) {
    const auto payment = verbs.authorize("shop-7", 4200);
    BOOST_TEST((rows.payment(payment.id)->method == PaymentMethod::authorization));
    BOOST_TEST((rows.payment(payment.id)->state == PaymentState::succeeded));
    const auto event = rows.events().back();
    BOOST_TEST(event.type == "PaymentAuthorized");
    BOOST_TEST(event.aggregateType == "payment");
    BOOST_TEST(event.orderKey == std::to_string(payment.id.value));
}

BOOST_AUTO_TEST_CASE(the_relay_is_woken_by_commits_that_added_events_only) {
    rings = 0;
    verbs.charge(ann, 1);
    BOOST_TEST(rings == 1);
    verbs.charge(UserId{999}, 1);
    verbs.product("cup", 1, 1);
    BOOST_TEST(rings == 1);
}

BOOST_AUTO_TEST_SUITE_END()
