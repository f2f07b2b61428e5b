// A bounded number of threads that several callers share.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace outboxd::scheduler::http {

// Thread-safe. The threads are started when they are needed first, and end with it; run() must have returned by then.
class Workers {
public:
    explicit Workers(std::size_t most) : most_(most) {}
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    // Returns when all tasks have ended; they begin in their order, and must not throw. The tasks of all callers together run
    // on at most `most` threads. Throws core::Error(overloaded), before any of them has begun, if there is no thread to be had.
    void run(std::span<const std::function<void()>> tasks);

private:
    struct Round {
        std::size_t left = 0; // guarded by mutex_
        std::condition_variable over;
    };
    struct Task {
        const std::function<void()>* work;
        Round* round;
    };

    void startThreads(std::size_t wanted);
    void serve(const std::stop_token& stop);

    const std::size_t most_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<Task> queue_;            // guarded by mutex_
    std::vector<std::jthread> threads_; // guarded by mutex_; last: they use the rest until they have ended
};

} // namespace outboxd::scheduler::http
