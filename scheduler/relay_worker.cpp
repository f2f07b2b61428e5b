#include "scheduler/relay_worker.hpp"

namespace outboxd::scheduler {

void RelayWorker::start() {
    while (threads_.size() < size_) threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
}

void RelayWorker::stop() {
    for (auto& thread : threads_) thread.request_stop();
    threads_.clear(); // joins them
    const std::lock_guard lock(mutex_);
    work_.clear();
}

void RelayWorker::give(std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        work_.push_back(std::move(work));
    }
    wake_.notify_one();
}

void RelayWorker::run(const std::stop_token& stop) {
    const auto sign = progress_.watch(name_, allowed_);
    while (!stop.stop_requested()) {
        sign->beat();
        std::function<void()> next;
        {
            std::unique_lock lock(mutex_);
            // Now and then for the sign of life alone.
            if (!wake_.wait_for(lock, stop, allowed_ / 4, [&] { return !work_.empty(); })) continue;
            next = std::move(work_.front());
            work_.pop_front();
        }
        next();
    }
}

} // namespace outboxd::scheduler
