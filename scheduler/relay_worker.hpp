// Threads that wait for the database so that the relay's rules need not.
#pragma once

#include "platform/core/progress.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace outboxd::scheduler {

// Begins what it is given in that order, as many at once as it has threads. Who gives it work bounds how much may wait.
class RelayWorker {
public:
    // `progress` must outlive it. Longer than `allowed` for one piece of work counts as stuck.
    RelayWorker(std::string name, std::size_t threads, core::ProgressMonitor& progress,
                std::chrono::seconds allowed)
        : name_(std::move(name)), size_(threads), progress_(progress), allowed_(allowed) {}
    ~RelayWorker() { stop(); }
    RelayWorker(const RelayWorker&) = delete;
    RelayWorker& operator=(const RelayWorker&) = delete;

    void start();
    // Waits for the work under way; what waits behind it is dropped. Legal before start() and twice.
    void stop();
    // From any thread. `work` must not throw.
    void give(std::function<void()> work);

private:
    void run(const std::stop_token& stop);

    const std::string name_;
    const std::size_t size_;
    core::ProgressMonitor& progress_;
    const std::chrono::seconds allowed_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<std::function<void()>> work_; // guarded by mutex_
    std::vector<std::jthread> threads_;
};

} // namespace outboxd::scheduler
