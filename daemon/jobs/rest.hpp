// How a job waits between two steps.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace outboxd::daemon {

// True unless the run was cancelled meanwhile.
inline bool rest(const std::stop_token& cancelled, std::chrono::microseconds time) {
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock lock(mutex);
    ended.wait_for(lock, cancelled, time, [] { return false; });
    return !cancelled.stop_requested();
}

} // namespace outboxd::daemon
