// The statements on the way of every request use their index: a table scan would lock and read everything.
#include "sql/carts.hpp"
#include "sql/compensations.hpp"
#include "sql/coupon_claims.hpp"
#include "sql/coupons.hpp"
#include "sql/idempotency.hpp"
#include "sql/orders.hpp"
#include "sql/points.hpp"
#include "sql/products.hpp"
#include "sql/stock.hpp"
#include "sql/user_coupons.hpp"
#include "tests/support/mysql_shop.hpp"
#include "tests/support/order_verbs.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

using namespace outboxd;

namespace {

// The index chosen for `table` in the plan of `statement`, whose `?` are filled in from left to right.
std::string indexOf(testing::MySqlShop& shop, const database::Statement& statement, const std::string& table,
                    const std::vector<std::string>& literals) {
    std::string text = "EXPLAIN ";
    std::size_t next = 0;
    for (const char c : statement.text) {
        if (c == '?') {
            text += literals.at(next++);
        } else {
            text += c;
        }
    }
    std::string index = "table not in the plan";
    shop.database().session()->textQuery(text, [&](auto row) {
        // id, select_type, table, type, possible_keys, key, ...
        if (row[2] == table) index = row[5].data() == nullptr ? "none" : std::string{row[5]};
    });
    return index;
}

} // namespace

BOOST_AUTO_TEST_SUITE(shop_plans)

BOOST_AUTO_TEST_CASE(hot_statements_find_their_rows_by_index) {
    testing::MySqlShop shop;
    testing::OrderVerbs verbs{shop.unitOfWork()};
    const auto user = verbs.userWith("ann", 1000);
    for (int i = 0; i < 50; ++i) {
        const auto product = verbs.product(fmt::format("p{}", i), 1, 10);
        verbs.placed(user, product);
        verbs.charge(user, 1);
        verbs.put(user, product, 1);
        verbs.userWith(fmt::format("user{}", i), 1);
    }
    shop.plant(user, commerce::CouponId{5});
    shop.database().session()->textQuery(
        "ANALYZE TABLE users, cart_item, stock_adjustment, point_account, point_history, product, stock_slot, orders, order_line",
        [](auto) {});
    const auto id = std::to_string(user.value);
    BOOST_TEST(indexOf(shop, sql::points::change_balance, "point_account", {"1", id, "0", "100"}) ==
               "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::points::history_page, "point_history", {id, "999999", "20"}) ==
               "point_history_user");
    BOOST_TEST(indexOf(shop, sql::stock::take_from_slot, "stock_slot", {"1", "7", "0", "1"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::stock::take_from_any_slot, "stock_slot", {"1", "7", "1"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::stock::lock_slots, "stock_slot", {"7"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::stock::change_slots, "s", {"'[[3,0,1],[9,0,1]]'"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::stock::slots_of_products, "p", {"'[3,9]'"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::compensations::keys_of_order, "compensation", {"7"}) ==
               "compensation_order");
    BOOST_TEST(indexOf(shop, sql::compensations::complete_compensation, "compensation",
                       {"'order:7:refund:9'"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::user_coupons::lock_user_coupon, "user_coupon", {"5", id}) ==
               "user_coupon_once");
    BOOST_TEST(indexOf(shop, sql::products::products_by_ids, "p", {"'[3,9]'"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::products::products_by_ids, "s", {"'[3,9]'"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::products::products_page, "p", {"10", "5"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::orders::lock_order, "orders", {"7"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::orders::lock_order_if_free, "orders", {"7"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::orders::overdue_orders, "orders", {"'2026-01-01'", "200"}) ==
               "orders_state_expires");
    BOOST_TEST(indexOf(shop, sql::orders::orders_of_user, "orders", {id, "999999", "20"}) == "orders_user");
    BOOST_TEST(indexOf(shop, sql::orders::lines_of_orders, "l", {"'[3,9]'"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::stock::adjustments_page, "stock_adjustment", {"7", "999999", "20"}) ==
               "stock_adjustment_product");
    BOOST_TEST(indexOf(shop, sql::carts::cart_of_user, "c", {id}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::carts::clear_cart, "cart_item", {id}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::orders::lines_of_order, "order_line", {"7"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::orders::move_order, "orders", {"'PAYING'", "NULL", "7", "'WAITING'"}) ==
               "PRIMARY");
    shop.unitOfWork().run([](commerce::Transaction& transaction) {
        for (int i = 0; i < 50; ++i) transaction.idempotencyKeys().add("s", std::to_string(i), {}, {});
        return commerce::Ending::commit;
    });
    BOOST_TEST(indexOf(shop, sql::idempotency::lock_key, "idempotency_key", {"'s'", "'7'"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, sql::idempotency::complete_key, "idempotency_key",
                       {"200", "''", "'s'", "'7'"}) == "PRIMARY");
}

BOOST_AUTO_TEST_CASE(claims_and_the_drain_find_their_rows_by_index) {
    testing::MySqlShop shop;
    testing::ShopVerbs verbs{shop.unitOfWork()};
    std::vector<commerce::ClaimRequest> requests;
    const auto first = verbs.coupon(20, shop.clock().today() - std::chrono::minutes{1});
    const auto second = verbs.coupon(20, shop.clock().today() - std::chrono::minutes{1});
    for (int i = 0; i < 100; ++i) {
        const auto user = verbs.userWith(fmt::format("user{}", i), 0);
        requests.push_back({first, user});
        requests.push_back({second, user});
    }
    shop.claimQueue().append(requests);
    verbs.drain(first);
    shop.database().session()->textQuery("ANALYZE TABLE users, coupon, coupon_claim, user_coupon",
                                         [](auto) {});
    namespace claims = sql::coupon_claims;
    const auto id = std::to_string(second.value);
    const auto asked = fmt::format("'[[{},3],[{},5]]'", id, id);
    for (const auto* statement : {&claims::append_claims, &claims::look_at_claims}) {
        BOOST_TEST(indexOf(shop, *statement, "c", {asked}) == "PRIMARY");
        BOOST_TEST(indexOf(shop, *statement, "u", {asked}) == "PRIMARY");
        BOOST_TEST(indexOf(shop, *statement, "k", {asked}) == "coupon_claim_once");
    }
    BOOST_TEST(indexOf(shop, claims::claim_of_user, "coupon_claim", {id, "5"}) == "coupon_claim_once");
    BOOST_TEST(indexOf(shop, claims::count_ahead, "coupon_claim", {id, "150", "50"}) == "coupon_claim_queue");
    BOOST_TEST(indexOf(shop, claims::decided_claims, "k", {"'[5,9]'"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, claims::coupons_with_claims, "coupon_claim", {}) == "coupon_claim_queue");
    BOOST_TEST(indexOf(shop, claims::lock_waiting, "coupon_claim", {id, "0", "50"}) == "coupon_claim_queue");
    BOOST_TEST(indexOf(shop, claims::decide_claims, "k", {"'[5,9]'", "'ISSUED'", "NOW(6)"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, claims::give_coupons, "k", {"NOW(6)", "'[5,9]'"}) == "PRIMARY");
    BOOST_TEST(indexOf(shop, claims::claimants_page, "coupon_claim", {id, "5", "20"}) == "coupon_claim_once");
    BOOST_TEST(indexOf(shop, sql::coupons::held_page, "h", {"5", "999", "20"}) == "user_coupon_user");
}

BOOST_AUTO_TEST_SUITE_END()
