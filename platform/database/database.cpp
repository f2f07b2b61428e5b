#include "platform/database/database.hpp"

#include <algorithm>
#include <random>
#include <thread>

namespace outboxd::database {

void Database::backOff(int attempt) {
    // Full jitter: colliding transactions must not meet again.
    thread_local std::minstd_rand random{std::random_device{}()};
    const auto doubled = retry_.firstDelay * (std::int64_t{1} << std::min(attempt - 1, 20));
    const auto longest = std::min<std::chrono::microseconds>(doubled, retry_.longestDelay);
    std::uniform_int_distribution<std::int64_t> pick{0, longest.count()};
    std::this_thread::sleep_for(std::chrono::microseconds{pick(random)});
}

} // namespace outboxd::database
