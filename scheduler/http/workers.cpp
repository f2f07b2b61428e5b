#include "scheduler/http/workers.hpp"

#include "platform/core/error.hpp"

#include <algorithm>
#include <system_error>

namespace outboxd::scheduler::http {

void Workers::run(std::span<const std::function<void()>> tasks) {
    if (tasks.empty()) return;
    Round round;
    std::unique_lock lock(mutex_);
    startThreads(queue_.size() + tasks.size());
    round.left = tasks.size();
    for (const auto& task : tasks) queue_.push_back({&task, &round});
    wake_.notify_all();
    round.over.wait(lock, [&] { return round.left == 0; });
}

void Workers::startThreads(std::size_t wanted) {
    try {
        while (threads_.size() < std::min(wanted, most_))
            threads_.emplace_back([this](const std::stop_token& stop) { serve(stop); });
    } catch (const std::system_error& error) {
        if (threads_.empty())
            throw core::Error(core::ErrorKind::overloaded,
                              std::string{"no thread can be started: "} + error.what());
    }
}

void Workers::serve(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (wake_.wait(lock, stop, [this] { return !queue_.empty(); })) {
        const auto task = queue_.front();
        queue_.pop_front();
        lock.unlock();
        (*task.work)();
        lock.lock();
        // Under the lock: its owner may be gone as soon as it is let go.
        if (--task.round->left == 0) task.round->over.notify_one();
    }
}

} // namespace outboxd::scheduler::http
