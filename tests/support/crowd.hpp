// Many threads doing the same thing, all starting at once.
#pragma once

#include <exception>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

namespace outboxd::testing {

// Runs `act(number)` on `size` threads and waits for all. The first exception is thrown on to the caller.
template <class Act> void crowd(int size, Act act) {
    std::latch start{size};
    std::mutex mutex;
    std::exception_ptr first; // guarded by mutex
    {
        std::vector<std::jthread> threads;
        for (int number = 0; number < size; ++number) {
            threads.emplace_back([&, number] {
                start.arrive_and_wait();
                try {
                    act(number);
                } catch (...) {
                    const std::lock_guard lock(mutex);
                    if (!first) first = std::current_exception();
                }
            });
        }
    }
    if (first) std::rethrow_exception(first);
}

} // namespace outboxd::testing
