// Trouble that passes: said once, counted, answered with growing waits, and said again when it is over.
#pragma once

#include "platform/core/error.hpp"
#include "platform/core/logger.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace outboxd::scheduler {

// Used by one thread; count() by any.
class ConsumerTrouble {
public:
    ConsumerTrouble(core::Logger& logger, std::string listener, std::chrono::milliseconds first,
                    std::chrono::milliseconds longest)
        : logger_(logger), listener_(std::move(listener)), first_(first), longest_(longest) {}

    // Returns how long to wait before it is tried again.
    std::chrono::milliseconds met(std::string_view doing, const core::Error& error) {
        ++count_;
        wait_ = std::clamp(2 * wait_, first_, longest_);
        if (!std::exchange(told_, true))
            logger_.warning("consumer_trouble",
                            {{"listener", listener_},
                             {"doing", doing},
                             {"error", error.what()},
                             {"hint", error.hint()},
                             {"consequence", "tried again until it works; nothing is lost"}});
        return wait_;
    }
    void over() {
        wait_ = {};
        if (std::exchange(told_, false)) logger_.info("consumer_works_again", {{"listener", listener_}});
    }
    std::uint64_t count() const { return count_; }

private:
    core::Logger& logger_;
    const std::string listener_;
    const std::chrono::milliseconds first_, longest_;
    std::chrono::milliseconds wait_{0};
    bool told_ = false;
    std::atomic<std::uint64_t> count_{0};
};

} // namespace outboxd::scheduler
