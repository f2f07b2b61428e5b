#include "commerce/combiner.hpp"
#include "tests/support/crowd.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <numeric>
#include <thread>

using outboxd::commerce::Combiner;
using namespace std::chrono_literals;

namespace {

struct Item {
    int number = 0;
    bool done = false;
};
using Items = std::span<Item* const>;

// A combiner whose first batch is held until letGo().
struct HeldUp {
    explicit HeldUp(outboxd::commerce::CombinerSettings settings)
        : combiner(settings, [this](Items items) {
              {
                  const std::lock_guard lock(mutex);
                  sizes.push_back(items.size());
                  for (auto* item : items) order.push_back(item->number);
              }
              begun = true;
              begun.notify_all();
              gate.wait();
              for (auto* item : items) item->done = true;
          }) {}
    void letGo() { gate.count_down(); }
    void awaitWaiting(std::size_t count) const {
        while (combiner.waiting() < count) std::this_thread::yield();
    }

    std::atomic<bool> begun{false};
    std::latch gate{1};
    std::mutex mutex;
    std::vector<std::size_t> sizes; // guarded by mutex
    std::vector<int> order;         // guarded by mutex
    Combiner<Item> combiner;
};

} // namespace

BOOST_AUTO_TEST_SUITE(commerce_combiner)

BOOST_AUTO_TEST_CASE(who_comes_alone_is_served_at_once_on_its_own_thread) {
    std::thread::id worker;
    Combiner<Item> combiner({}, [&](Items items) {
        worker = std::this_thread::get_id();
        BOOST_TEST(items.size() == 1);
        items.front()->done = true;
    });
    Item item;
    BOOST_TEST(combiner.run(item));
    BOOST_TEST(item.done);
    BOOST_TEST((worker == std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(those_who_wait_go_together_in_the_order_they_came_at_most_so_many_at_once) {
    HeldUp stage({.leaders = 1, .largest = 3, .wait = 60s});
    std::vector<Item> items(8);
    std::atomic<int> served{0};
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < items.size(); ++i) {
        items[i].number = static_cast<int>(i);
        threads.emplace_back([&, &item = items[i]] { served += stage.combiner.run(item) ? 1 : 0; });
        if (i == 0) stage.begun.wait(false);
        stage.awaitWaiting(i);
    }
    stage.letGo();
    threads.clear();
    BOOST_TEST(served == 8);
    BOOST_TEST(stage.sizes == (std::vector<std::size_t>{1, 3, 3, 1}), boost::test_tools::per_element());
    BOOST_TEST(stage.order == (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}), boost::test_tools::per_element());
    for (const auto& item : items) BOOST_TEST(item.done);
}

BOOST_AUTO_TEST_CASE(whose_turn_does_not_come_in_time_is_sent_away_with_nothing_done) {
    HeldUp stage({.leaders = 1, .largest = 8, .wait = 1ms});
    Item first;
    Item late;
    std::atomic<bool> led{false};
    std::jthread leader([&] { led = stage.combiner.run(first); });
    stage.begun.wait(false);
    BOOST_TEST(!stage.combiner.run(late));
    BOOST_TEST(!late.done);
    BOOST_TEST(stage.combiner.waiting() == 0);
    stage.letGo();
    leader.join();
    BOOST_TEST(led);
    BOOST_TEST(stage.combiner.run(late));
    BOOST_TEST(late.done);
}

BOOST_AUTO_TEST_CASE(no_item_is_lost_or_done_twice_and_no_more_leaders_work_than_allowed) {
    std::atomic<int> working{0};
    std::atomic<int> most{0};
    std::atomic<int> done{0};
    Combiner<Item> combiner({.leaders = 2, .largest = 4, .wait = 60s}, [&](Items items) {
        const int now = ++working;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        for (auto* item : items) {
            ++item->number;
            ++done;
        }
        --working;
    });
    outboxd::testing::crowd(16, [&](int) {
        for (int i = 0; i < 500; ++i) {
            Item item;
            if (!combiner.run(item) || item.number != 1) throw std::runtime_error("lost or done twice");
        }
    });
    BOOST_TEST(done == 16 * 500);
    BOOST_TEST(most <= 2);
    BOOST_TEST(combiner.waiting() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
