#include "daemon/health.hpp"

namespace outboxd::daemon {

void LastContact::worked() {
    const std::lock_guard lock(mutex_);
    last_ = clock_.now();
    error_ = "no answer for some time";
}

void LastContact::failed(std::string error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
}

std::optional<std::string> LastContact::trouble(std::chrono::microseconds recent) const {
    const std::lock_guard lock(mutex_);
    if (last_ && clock_.now() - *last_ <= recent) return std::nullopt;
    return error_;
}

} // namespace outboxd::daemon
