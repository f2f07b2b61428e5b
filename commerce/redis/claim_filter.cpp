#include "commerce/redis/claim_filter.hpp"

#include "platform/core/error.hpp"
#include "platform/core/event_id.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace outboxd::commerce::redis {
namespace {

using outboxd::redis::Reply;

// Without this every claim would wait for the time-out of a server that is gone.
constexpr std::chrono::seconds kRest{1};
// Of the hash, in seconds: long past the last claim.
constexpr auto kKept = "86400";
// How many users one call names while a hash is filled.
constexpr std::size_t kUsersPerCall = 500;

// KEYS: the hash of each request. ARGV: its user. One character for each: 0 unknown, 1 claimed, 2 sold out.
const std::string kAsk = R"(
local now = tonumber(redis.call('TIME')[1])
local hints = {}
for i = 1, #KEYS do
    local known = redis.call('HMGET', KEYS[i], ARGV[i], 'sold_out')
    if known[1] then hints[i] = '1'
    elseif known[2] and tonumber(known[2]) > now then hints[i] = '2'
    else hints[i] = '0' end
end
return table.concat(hints))";

// KEYS: the hash of each claim. ARGV: how long hashes are kept, then the user of each.
const std::string kClaimed = R"(
for i = 1, #KEYS do
    redis.call('HSET', KEYS[i], ARGV[i + 1], '1')
    redis.call('EXPIRE', KEYS[i], ARGV[1])
end
return 1)";

// ARGV: version, seconds. Older facts never replace newer ones.
const std::string kConfirm = R"(
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'sold_out', redis.call('TIME')[1] + ARGV[2])
return 1)";

// ARGV: token, how long hashes are kept.
const std::string kBegin = R"(
redis.call('HDEL', KEYS[1], 'version', 'sold_out')
redis.call('HSET', KEYS[1], 'filling', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1)";

// ARGV: token, users.
const std::string kFill = R"(
if redis.call('HGET', KEYS[1], 'filling') ~= ARGV[1] then return 0 end
for i = 2, #ARGV do redis.call('HSET', KEYS[1], ARGV[i], '1') end
return 1)";

// ARGV: token, version, seconds.
const std::string kComplete = R"(
if redis.call('HGET', KEYS[1], 'filling') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'filling')
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'sold_out', redis.call('TIME')[1] + ARGV[3])
return 1)";

bool isOne(const Reply& reply) {
    const auto* number = std::get_if<std::int64_t>(&reply);
    return number != nullptr && *number == 1;
}

} // namespace

std::string ClaimFilter::keyOf(CouponId coupon) const {
    return fmt::format("{}coupon:{}", prefix_, coupon.value);
}

bool ClaimFilter::restsNow() const { return clock_.now().time_since_epoch().count() < restsUntil_.load(); }

void ClaimFilter::failed() noexcept {
    ++failures_;
    restsUntil_ = (clock_.now() + kRest).time_since_epoch().count();
}

std::vector<ClaimHint> ClaimFilter::ask(const std::vector<ClaimRequest>& requests) noexcept {
    std::vector<ClaimHint> hints(requests.size(), ClaimHint::none);
    if (restsNow()) return hints;
    try {
        std::vector<std::string> keys, users;
        for (const auto& [coupon, user] : requests) {
            keys.push_back(keyOf(coupon));
            users.push_back(std::to_string(user.value));
        }
        const auto reply = client_.eval(kAsk, keys, users);
        const auto text = std::get<std::optional<std::string>>(reply).value();
        for (std::size_t i = 0; i < hints.size(); ++i) {
            if (text.at(i) == '1') hints[i] = ClaimHint::claimed;
            if (text.at(i) == '2') hints[i] = ClaimHint::sold_out;
        }
    } catch (const std::exception&) {
        failed();
        hints.assign(requests.size(), ClaimHint::none);
    }
    return hints;
}

void ClaimFilter::claimed(const std::vector<ClaimRequest>& requests) noexcept {
    if (restsNow()) return;
    try {
        std::vector<std::string> keys, arguments{kKept};
        for (const auto& [coupon, user] : requests) {
            keys.push_back(keyOf(coupon));
            arguments.push_back(std::to_string(user.value));
        }
        client_.eval(kClaimed, keys, arguments);
    } catch (const std::exception&) {
        failed();
    }
}

bool ClaimFilter::confirm(CouponId coupon, std::int64_t version) {
    return isOne(client_.eval(kConfirm, {keyOf(coupon)},
                              {std::to_string(version), std::to_string(kSoldOutFor.count())}));
}

void ClaimFilter::restore(CouponId coupon, std::int64_t version, const Claimants& claimants) {
    const std::vector<std::string> key{keyOf(coupon)};
    const auto token = core::newEventId(clock_).text();
    client_.eval(kBegin, key, {token, kKept});
    UserId after;
    for (;;) {
        const auto users = claimants(after);
        if (users.empty()) break;
        after = users.back();
        for (std::size_t first = 0; first < users.size(); first += kUsersPerCall) {
            std::vector<std::string> arguments{token};
            for (auto i = first; i < std::min(users.size(), first + kUsersPerCall); ++i)
                arguments.push_back(std::to_string(users[i].value));
            if (!isOne(client_.eval(kFill, key, arguments))) return;
        }
    }
    client_.eval(kComplete, key, {token, std::to_string(version), std::to_string(kSoldOutFor.count())});
}

} // namespace outboxd::commerce::redis
