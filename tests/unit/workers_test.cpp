#include "scheduler/http/workers.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <latch>

using outboxd::scheduler::http::Workers;
using Tasks = std::vector<std::function<void()>>;

BOOST_AUTO_TEST_SUITE(workers)

BOOST_AUTO_TEST_CASE(all_tasks_are_done_when_it_returns) {
    Workers workers(4);
    std::atomic<int> done{0};
    for (int round = 0; round < 100; ++round) {
        workers.run(Tasks(static_cast<std::size_t>(round), [&] { ++done; }));
        BOOST_REQUIRE(done == round * (round + 1) / 2);
    }
}

BOOST_AUTO_TEST_CASE(they_run_side_by_side) {
    Workers workers(3);
    std::latch together(3); // opens only if all three have begun
    workers.run(Tasks(3, [&] { together.arrive_and_wait(); }));
}

BOOST_AUTO_TEST_CASE(several_callers_share_the_threads) {
    Workers workers(2);
    std::atomic<int> now{0}, most{0}, done{0};
    const Tasks tasks(200, [&] {
        const int running = ++now;
        for (int seen = most; seen < running && !most.compare_exchange_weak(seen, running);) {
        }
        ++done;
        --now;
    });
    {
        std::vector<std::jthread> callers;
        for (int i = 0; i < 4; ++i) callers.emplace_back([&] { workers.run(tasks); });
    }
    BOOST_TEST(done == 800);
    BOOST_TEST(most <= 2);
}

BOOST_AUTO_TEST_CASE(one_thread_keeps_the_order) {
    Workers workers(1);
    std::vector<int> order;
    Tasks tasks;
    for (int i = 0; i < 50; ++i) tasks.emplace_back([&order, i] { order.push_back(i); });
    workers.run(tasks);
    for (int i = 0; i < 50; ++i) BOOST_REQUIRE(order[static_cast<std::size_t>(i)] == i);
}

BOOST_AUTO_TEST_SUITE_END()
