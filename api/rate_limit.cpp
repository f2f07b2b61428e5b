#include "api/rate_limit.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <fmt/format.h>

namespace outboxd::api {

namespace {

constexpr std::size_t kMostPerGeneration = 4096; // of a shard

std::int64_t wholeSeconds(std::chrono::nanoseconds time) {
    return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(time).count());
}

} // namespace

RateLimiter::RateLimiter(const RateLimitSettings& settings, const core::Clock& clock)
    : perToken_(std::chrono::nanoseconds{std::chrono::seconds{1}} / settings.requestsPerSecond),
      whole_(perToken_ * settings.burst), clock_(clock),
      policy_(fmt::format(R"("client";q={};w={})", settings.burst, wholeSeconds(whole_))) {}

RateLimiter::Verdict RateLimiter::take(std::string_view client) {
    auto& shard = shards_[Hash{}(client) % shards_.size()];
    const Nanoseconds now = clock_.now().time_since_epoch();
    const std::lock_guard lock(shard.mutex);
    auto& fullAt = bucket(shard, client);
    const auto missing = std::max(fullAt - now, Nanoseconds{0});
    if (missing + perToken_ > whole_)
        return {false, 0, std::chrono::seconds{wholeSeconds(missing + perToken_ - whole_)}};
    fullAt = now + missing + perToken_;
    return {true, (whole_ - missing - perToken_) / perToken_,
            std::chrono::seconds{wholeSeconds(missing + perToken_)}};
}

RateLimiter::Nanoseconds& RateLimiter::bucket(Shard& shard, std::string_view client) {
    if (const auto found = shard.young.find(client); found != shard.young.end()) return found->second;
    if (shard.young.size() >= kMostPerGeneration) {
        shard.old = std::move(shard.young);
        shard.young = {};
    }
    Nanoseconds fullAt{0};
    if (const auto found = shard.old.find(client); found != shard.old.end()) fullAt = found->second;
    return shard.young.emplace(std::string{client}, fullAt).first->second;
}

void RateLimiter::describe(const Verdict& verdict, http::Response& response) const {
    response.headers.add("RateLimit-Policy", policy_);
    response.headers.add("RateLimit",
                         fmt::format(R"("client";r={};t={})", verdict.remaining, verdict.reset.count()));
}

std::size_t RateLimiter::clients() const {
    std::size_t count = 0;
    for (const auto& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        count += shard.young.size() + shard.old.size();
    }
    return count;
}

std::string addressKey(std::string_view clientAddress) {
    in6_addr v6{};
    const std::string text{clientAddress.substr(0, clientAddress.find('%'))};
    if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) return "address:" + text;
    // The server speaks to both families on one socket: this one is an IPv4 address.
    if (IN6_IS_ADDR_V4MAPPED(&v6)) return "address:" + text;
    std::string key = "network:";
    for (std::size_t i = 0; i < 8; ++i) key += fmt::format("{:02x}", v6.s6_addr[i]);
    return key;
}

} // namespace outboxd::api
