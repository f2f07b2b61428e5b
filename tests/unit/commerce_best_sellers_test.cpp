// The layers in front of the best sellers: who is asked, how often, and what is served when something fails.
#include "commerce/best_sellers_cache.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/fake_sales.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_logger.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>

using namespace outboxd;
using namespace outboxd::commerce;
using namespace std::chrono_literals;

namespace {

struct Nodes {
    Nodes() {
        sales.put({.id = ProductId{1}, .name = "mug", .price = core::Money{300}, .stock = 5});
        sell(1);
    }
    void sell(std::int64_t quantity) {
        sales.add(std::vector<Sale>{{core::newEventId(clock),
                                     std::chrono::floor<std::chrono::hours>(clock.today()),
                                     {{ProductId{1}, quantity}}}});
    }
    static std::int64_t soldBy(BestSellersCache& node) { return node.get()->items.front().sold; }

    testing::ManualClock clock;
    testing::MemoryLogger logger;
    testing::FakeSales sales{clock};
    testing::FakeBestSellersStore store{clock};
    BestSellersCache node{sales, &store, clock, logger};
    BestSellersCache other{sales, &store, clock, logger};
    BestSellersCache alone{sales, nullptr, clock, logger};
};

// A database that answers when the test lets it.
class GatedReader final : public SalesReader {
public:
    BestSellers bestSellers(HourRange) override {
        std::unique_lock lock(mutex_);
        ++asked_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
        return {};
    }
    void awaitQuestion(int number) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return asked_ >= number; });
    }
    void set(bool open) {
        {
            const std::lock_guard lock(mutex_);
            open_ = open;
        }
        changed_.notify_all();
    }
    int asked() {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int asked_ = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(best_sellers, Nodes)

BOOST_AUTO_TEST_CASE(for_a_second_nobody_beyond_the_copy_is_asked) {
    const auto first = node.get();
    sell(1);
    clock.advance(999ms);
    for (int i = 0; i < 100; ++i) BOOST_CHECK(node.get() == first);
    BOOST_TEST(sales.asked() == 1);
    BOOST_TEST(store.looked() == 1);
    clock.advance(1ms);
    BOOST_TEST(soldBy(node) == 2);
    BOOST_TEST(node.figures().copy == 100u);
    BOOST_TEST(node.figures().database == 2u);
}

BOOST_AUTO_TEST_CASE(one_node_works_it_out_and_the_others_take_it_from_the_store) {
    BOOST_TEST(soldBy(node) == 1);
    BOOST_TEST(soldBy(other) == 1);
    BOOST_TEST(sales.asked() == 1);
    BOOST_TEST(other.figures().store == 1u);
    sell(1);
    clock.advance(1s);
    BOOST_TEST(soldBy(other) == 2); // its turn now
    BOOST_TEST(soldBy(node) == 2);
    BOOST_TEST(sales.asked() == 2);
}

BOOST_AUTO_TEST_CASE(an_empty_store_is_filled_also_when_it_is_another_nodes_turn) {
    store.claim(); // that node dies
    BOOST_TEST(soldBy(node) == 1);
    BOOST_REQUIRE(store.kept().has_value());
    BOOST_TEST(store.kept()->items.front().sold == 1);
}

BOOST_AUTO_TEST_CASE(without_a_store_each_node_asks_the_database_once_a_second) {
    store.goDown();
    for (int i = 0; i < 10; ++i) {
        for (int k = 0; k < 20; ++k) {
            BOOST_TEST(soldBy(node) == i + 1);
            BOOST_TEST(soldBy(alone) == i + 1);
        }
        sell(1);
        clock.advance(1s);
    }
    BOOST_TEST(sales.asked() == 20);
    BOOST_TEST(node.figures().storeTroubles == 10u);
    const auto lines = logger.lines();
    BOOST_TEST(lines.size() == 1u); // one line for one trouble
    store.comeBack();
    node.get();
    BOOST_TEST(logger.saw("best_sellers_store_back"));
}

BOOST_AUTO_TEST_CASE(without_the_database_the_store_goes_on_and_then_the_old_copy) {
    node.get();
    sell(1);
    clock.advance(1s);
    other.get(); // puts 2 into the store
    sales.goDown();
    clock.advance(1s);
    BOOST_TEST(soldBy(node) == 2);
    BOOST_TEST(node.figures().fallback == 1u);
    store.goDown();
    clock.advance(1h);
    BOOST_TEST(soldBy(node) == 2);
    BOOST_TEST(node.figures().fallback == 2u);
    BOOST_TEST(node.figures().failed == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_known_and_nobody_there_is_an_error_and_no_stampede) {
    sales.goDown();
    for (int i = 0; i < 50; ++i) BOOST_CHECK_THROW(alone.get(), core::Error);
    BOOST_TEST(sales.asked() == 1);
    sales.comeBack();
    BOOST_CHECK_THROW(alone.get(), core::Error);
    clock.advance(1s);
    BOOST_TEST(soldBy(alone) == 1);
}

BOOST_AUTO_TEST_CASE(a_store_that_went_back_in_time_does_not_turn_a_node_back) {
    node.get();
    const auto old = *store.kept();
    sell(1);
    clock.advance(1s);
    BOOST_TEST(soldBy(node) == 2);
    store.forget();
    store.keep(old);
    clock.advance(1s);
    store.claim(); // so that the store's answer is taken
    BOOST_TEST(soldBy(node) == 2);
    BOOST_TEST(node.figures().store == 1u);
}

BOOST_AUTO_TEST_CASE(one_question_at_a_time_whoever_asks) {
    GatedReader slow;
    BestSellersCache cache{slow, nullptr, clock, logger};
    std::jthread opener([&] {
        slow.awaitQuestion(1);
        slow.set(true);
    });
    std::atomic<int> answered{0};
    testing::crowd(32,
                   [&](int) { answered += cache.get() != nullptr ? 1 : 0; }); // no copy yet: all wait for one
    opener.join();
    BOOST_TEST(answered == 32);
    BOOST_TEST(slow.asked() == 1);

    slow.set(false);
    clock.advance(1s);
    const auto before = cache.figures().copy;
    std::jthread asker([&] { cache.get(); });
    slow.awaitQuestion(2);
    for (int i = 0; i < 100; ++i) cache.get(); // the old copy, at once
    clock.advance(1h);
    cache.get(); // however long it takes
    BOOST_TEST(slow.asked() == 2);
    BOOST_TEST(cache.figures().copy == before + 101);
    slow.set(true);
}

BOOST_AUTO_TEST_SUITE_END()
