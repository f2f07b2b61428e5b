// What the ledger of sales and its reader keep, over the figures in memory and on the real server; and what a store for
// all nodes keeps, in memory and on a Redis of this program's own.
#include "commerce/mysql/sales.hpp"
#include "commerce/redis/best_sellers_store.hpp"
#include "sql/consumers.hpp"
#include "sql/sales.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/fake_sales.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/mysql_shop.hpp"
#include "tests/support/private_server.hpp"
#include "tests/support/shop_verbs.hpp"

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using namespace std::chrono_literals;

namespace {

const Hour kNow = std::chrono::floor<std::chrono::hours>(core::SystemClock{}.today());

struct MemoryFigures {
    testing::ManualClock clock;
    testing::FakeSales sales{clock};
    SalesLedger& ledger() { return sales; }
    SalesReader& reader() { return sales; }
    ProductId product(const std::string& name, std::int64_t price, std::int64_t stock) {
        sales.put({.id = {++last_}, .name = name, .price = core::Money{price}, .stock = stock});
        return {last_};
    }
    void completeUpTo(core::Timestamp time) { sales.completeUpTo(time); }

private:
    std::int64_t last_ = 0;
};

struct MySqlFigures {
    testing::MySqlShop shop;
    mysql::SalesLedger sales{shop.database()};
    mysql::SalesReader best{shop.database(), "shop.order"};
    SalesLedger& ledger() { return sales; }
    SalesReader& reader() { return best; }
    ProductId product(const std::string& name, std::int64_t price, std::int64_t stock) {
        return testing::ShopVerbs{shop.unitOfWork()}.product(name, price, stock);
    }
    void completeUpTo(core::Timestamp time) {
        const auto put = [&](const std::string& topic, int partition, core::Timestamp upTo) {
            shop.database().session()->execute(
                sql::consumers::advance, {"ranking", "[[\"" + topic + "\"," + std::to_string(partition) +
                                                         ",\"" + database::toDateTime(upTo) + "\"]]"});
        };
        put("shop.order", 0, time + 1h);
        put("shop.order", 1, time); // the partition that is behind the most decides
        put("another.order", 0, core::Timestamp{});
    }
};

template <class Figures> struct Market : Figures {
    core::SystemClock ids;

    Sale sale(Hour hour, std::vector<Sale::Line> lines) {
        return {core::newEventId(ids), hour, std::move(lines)};
    }
    std::size_t add(std::vector<Sale> sales) { return this->ledger().add(sales); }
    BestSellers best(Hour now = kNow) { return this->reader().bestSellers(rankedHours(now)); }
    // "name:sold" of each, in order.
    std::vector<std::string> ranking(Hour now = kNow) {
        std::vector<std::string> result;
        for (const auto& item : best(now).items)
            result.push_back(item.name + ":" + std::to_string(item.sold));
        return result;
    }
};

using Names = std::vector<std::string>;
using BothFigures = boost::mpl::list<MemoryFigures, MySqlFigures>;

} // namespace

BOOST_AUTO_TEST_SUITE(sales_contract)

BOOST_AUTO_TEST_CASE_TEMPLATE(an_event_counts_once_however_often_it_is_added, Figures, BothFigures) {
    Market<Figures> market;
    const auto mug = market.product("mug", 300, 5), pen = market.product("pen", 20, 9);
    const auto one = market.sale(kNow, {{mug, 2}, {pen, 1}});
    const auto two = market.sale(kNow, {{pen, 3}});
    BOOST_TEST(market.add({one}) == 1u);
    BOOST_TEST(market.add({one, two, one, two}) == 1u);
    BOOST_TEST(market.add({one, two}) == 0u);
    BOOST_TEST(market.add({}) == 0u);
    BOOST_TEST(market.ranking() == (Names{"pen:4", "mug:2"}), boost::test_tools::per_element());
    const auto item = market.best().items.front();
    BOOST_CHECK(item.product == pen);
    BOOST_TEST(item.price.minorUnits() == 20);
    BOOST_TEST(item.stock == 9);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(five_at_most_and_equal_ones_by_id, Figures, BothFigures) {
    Market<Figures> market;
    for (int i = 0; i < 8; ++i) {
        const auto product = market.product("p" + std::to_string(i), 1, 1);
        market.add({market.sale(kNow, {{product, i == 6 ? 2 : 1}})});
    }
    BOOST_TEST(market.ranking() == (Names{"p6:2", "p0:1", "p1:1", "p2:1", "p3:1"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_seventy_second_hour_counts_and_the_one_before_does_not, Figures,
                              BothFigures) {
    Market<Figures> market;
    const auto mug = market.product("mug", 300, 5);
    market.add({market.sale(kNow - 73h, {{mug, 1}}), market.sale(kNow - 72h, {{mug, 10}}),
                market.sale(kNow, {{mug, 100}}), market.sale(kNow + 1h, {{mug, 1000}})});
    BOOST_TEST(market.ranking() == Names{"mug:110"}, boost::test_tools::per_element());
    BOOST_TEST(market.ranking(kNow + 1h) == Names{"mug:1100"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_came_back_is_taken_off_where_it_was_sold, Figures, BothFigures) {
    Market<Figures> market;
    const auto mug = market.product("mug", 300, 5), pen = market.product("pen", 20, 9);
    market.add({market.sale(kNow - 72h, {{mug, 3}}), market.sale(kNow, {{mug, 1}, {pen, 2}})});
    market.add({market.sale(kNow - 72h, {{mug, -2}}), market.sale(kNow, {{pen, -2}}), market.sale(kNow, {})});
    BOOST_TEST(market.ranking() == Names{"mug:2"},
               boost::test_tools::per_element()); // none of the pens is left
    BOOST_TEST(market.ranking(kNow + 1h) == Names{"mug:1"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(it_says_how_far_it_goes, Figures, BothFigures) {
    Market<Figures> market;
    BOOST_TEST(!market.best().asOf.has_value());
    BOOST_TEST(market.best().items.empty());
    const core::Timestamp then = kNow - 1h + 7us;
    market.completeUpTo(then);
    BOOST_CHECK(market.best().asOf == then);
}

BOOST_AUTO_TEST_CASE(many_who_add_the_same_events_at_once_count_them_once) {
    Market<MySqlFigures> market;
    std::vector<ProductId> products;
    for (int i = 0; i < 10; ++i) products.push_back(market.product("p" + std::to_string(i), 1, 1));
    std::vector<Sale> all;
    for (int i = 0; i < 400; ++i) {
        std::vector<Sale::Line> lines;
        for (std::size_t k = 0; k < 3; ++k)
            lines.push_back({products[(static_cast<std::size_t>(i) * 7 + k * 3) % 10], 1});
        all.push_back(market.sale(kNow - std::chrono::hours{i % 3}, std::move(lines)));
    }
    std::atomic<std::size_t> fresh{0};
    testing::crowd(8, [&](int number) {
        const std::size_t step = 20 + static_cast<std::size_t>(number);
        for (std::size_t at = 0; at < all.size(); at += step)
            fresh += market.ledger().add(std::span{all}.subspan(at, std::min(step, all.size() - at)));
    });
    BOOST_TEST(fresh == all.size());
    BOOST_TEST(market.shop.number("SELECT SUM(quantity) FROM product_sales") == 1200);
    BOOST_TEST(market.shop.number("SELECT COUNT(*) FROM processed_event") == 400);
}

BOOST_AUTO_TEST_CASE(the_ranking_reads_a_range_of_hours_by_index) {
    Market<MySqlFigures> market;
    const auto mug = market.product("mug", 300, 5);
    std::vector<Sale> old;
    for (int i = 0; i < 2000; ++i) old.push_back(market.sale(kNow - std::chrono::hours{i}, {{mug, 1}}));
    market.add(old);
    market.shop.number("SELECT COUNT(*) FROM product_sales");
    market.shop.database().session()->textQuery("ANALYZE TABLE product_sales", [](auto) {});
    std::string text = "EXPLAIN ";
    const auto hours = rankedHours(kNow);
    const std::vector<std::string> literals{"'ranking'", "'shop.order'",
                                            "'" + database::toDateTime(hours.first) + "'",
                                            "'" + database::toDateTime(hours.last) + "'", "5"};
    std::size_t next = 0;
    for (const char c : sql::sales::best_sellers.text)
        text += c == '?' ? literals.at(next++) : std::string(1, c);
    std::string plan;
    market.shop.database().session()->textQuery(text, [&](auto row) {
        if (row[2] == "product_sales") plan = std::string{row[3]} + " " + std::string{row[5]};
    });
    BOOST_TEST(plan == "range PRIMARY");
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

struct MemoryStore {
    testing::ManualClock clock;
    testing::FakeBestSellersStore store_{clock};
    BestSellersStore& store() { return store_; }
    void letTurnEnd() { clock.advance(500ms); }
    void growOld() {
        clock.advance(2s);
        store_.claim();
    }
};

struct RedisStore {
    RedisStore() : server("redis") {
        const auto address = server.address();
        client.emplace(
            outboxd::redis::Settings{"127.0.0.1", std::stoi(address.substr(address.rfind(':') + 1)), 500ms});
        store_.emplace(*client, "shop", 10min, 90min);
    }
    BestSellersStore& store() { return *store_; }
    void letTurnEnd() { client->del("outboxd:{shop}:top5:renewal"); }
    void growOld() {
        client->eval("return redis.call('PEXPIRE', KEYS[1], ARGV[1])", {"outboxd:{shop}:top5"},
                     {std::to_string(std::chrono::milliseconds{69min}.count())});
    }

    testing::PrivateServer server;
    std::optional<outboxd::redis::Client> client;
    std::optional<commerce::redis::BestSellersStore> store_;
};

BestSellers computed(int second) {
    return {core::Timestamp{},
            kNow + std::chrono::seconds{second},
            {{ProductId{second}, "mug", core::Money{300}, 5, 2}}};
}

using BothStores = boost::mpl::list<MemoryStore, RedisStore>;

} // namespace

BOOST_AUTO_TEST_SUITE(best_sellers_store_contract)

BOOST_AUTO_TEST_CASE_TEMPLATE(one_of_all_who_look_is_told_to_renew, Store, BothStores) {
    Store stage;
    const auto first = stage.store().look();
    BOOST_TEST(first.renew);
    BOOST_TEST(!first.kept.has_value());
    for (int i = 0; i < 10; ++i) BOOST_TEST(!stage.store().look().renew);
    stage.letTurnEnd();
    BOOST_TEST(stage.store().look().renew); // whether the first one did it or died
    BOOST_TEST(!stage.store().look().renew);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_nobody_renewed_for_a_while_is_everybodys_to_renew, Store, BothStores) {
    Store stage;
    stage.store().keep(computed(5));
    stage.store().look();
    BOOST_TEST(!stage.store().look().renew);
    stage.growOld();
    for (int i = 0; i < 3; ++i) BOOST_TEST(stage.store().look().renew);
    stage.store().keep(computed(6));
    BOOST_TEST(!stage.store().look().renew);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_older_computation_never_replaces_a_newer_one, Store, BothStores) {
    Store stage;
    stage.store().keep(computed(5));
    BOOST_CHECK(stage.store().look().kept == computed(5));
    stage.store().keep(computed(4));
    BOOST_CHECK(stage.store().look().kept == computed(5));
    auto same = computed(5);
    same.items.clear();
    stage.store().keep(same);
    BOOST_CHECK(stage.store().look().kept == same);
    stage.store().keep(computed(6));
    BOOST_CHECK(stage.store().look().kept == computed(6));
}

BOOST_AUTO_TEST_CASE(what_is_kept_expires_and_another_versions_value_counts_as_none) {
    RedisStore stage;
    stage.store().keep(computed(5));
    const auto life = std::get<std::int64_t>(
        stage.client->eval("return redis.call('PTTL', KEYS[1])", {"outboxd:{shop}:top5"}, {}));
    BOOST_TEST(life > 89 * 60'000);
    BOOST_TEST(life <= 90 * 60'000);
    stage.client->eval("return redis.call('HSET', KEYS[1], 'value', 'from the future')",
                       {"outboxd:{shop}:top5"}, {});
    BOOST_TEST(!stage.store().look().kept.has_value());
}

BOOST_AUTO_TEST_CASE(a_claim_ends_by_itself) {
    RedisStore stage;
    commerce::redis::BestSellersStore brisk(*stage.client, "brisk", 1ms);
    BOOST_TEST(brisk.look().renew);
    while (!brisk.look().renew) {
        // Each question waits for the server's answer; a claim that never ends hangs here.
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_is_away_is_an_error) {
    RedisStore stage;
    stage.server.kill();
    BOOST_CHECK_THROW(stage.store().look(), core::Error);
    BOOST_CHECK_THROW(stage.store().keep(computed(1)), core::Error);
}

BOOST_AUTO_TEST_SUITE_END()
