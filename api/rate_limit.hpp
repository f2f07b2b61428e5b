// A token bucket per client: a burst at once, then so many a second.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/http/message.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace outboxd::api {

struct RateLimitSettings {
    int requestsPerSecond = 10; // 1 or more
    int burst = 100;            // 1 or more
};

// Thread-safe and bounded in memory: of more than about 100,000 clients the ones that were quiet longest are
// forgotten, which gives them a full bucket again.
class RateLimiter {
public:
    // `clock` must outlive the limiter.
    RateLimiter(const RateLimitSettings& settings, const core::Clock& clock);

    struct Verdict {
        bool allowed = true;
        std::int64_t remaining = 0; // requests that would be allowed now
        std::chrono::seconds
            reset{}; // until the bucket is full, or, if not allowed, until the next request is
    };
    // Takes one token out of the client's bucket, if there is one.
    Verdict take(std::string_view client);

    // RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10).
    void describe(const Verdict& verdict, http::Response& response) const;

    // How many clients are remembered.
    std::size_t clients() const;

private:
    using Nanoseconds = std::chrono::nanoseconds;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    // When the bucket would be full again: all that a bucket is.
    using Buckets = std::unordered_map<std::string, Nanoseconds, Hash, std::equal_to<>>;
    // Two generations: a full young one becomes the old one, and what nobody asked for since then is dropped.
    struct Shard {
        mutable std::mutex mutex;
        Buckets young, old; // guarded by mutex
    };

    Nanoseconds& bucket(Shard& shard, std::string_view client);

    const Nanoseconds perToken_;
    const Nanoseconds whole_; // what a bucket holds
    const core::Clock& clock_;
    const std::string policy_;
    std::array<Shard, 16> shards_;
};

// Whom a request without a known client is counted for: its address, or for IPv6 the network (/64), which is
// what one subscriber has.
std::string addressKey(std::string_view clientAddress);

} // namespace outboxd::api
