// How this node is, as /readyz and systemd's status line tell it.
#pragma once

#include "platform/core/clock.hpp"

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

namespace outboxd::daemon {

// Remembers when something was last known to work, so that a health request never waits for it. Thread-safe.
class LastContact {
public:
    explicit LastContact(const core::Clock& clock) : clock_(clock) {}

    void worked();
    void failed(std::string error);
    // Empty while it worked within `recent`; otherwise what is wrong.
    std::optional<std::string> trouble(std::chrono::microseconds recent) const;

private:
    const core::Clock& clock_;
    mutable std::mutex mutex_;
    std::optional<core::Instant> last_;   // guarded by mutex_
    std::string error_ = "not tried yet"; // guarded by mutex_
};

} // namespace outboxd::daemon
