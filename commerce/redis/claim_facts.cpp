// What the filter believes, as the reconciliation asks.
#include "commerce/redis/claim_filter.hpp"

#include "platform/core/error.hpp"

#include <sstream>

namespace outboxd::commerce::redis {
namespace {

using outboxd::redis::Reply;

constexpr auto kPage = "500";

const std::string kSoldOut = R"(
local known = redis.call('HGET', KEYS[1], 'sold_out')
if known and tonumber(known) > tonumber(redis.call('TIME')[1]) then return 1 end
return 0)";

// ARGV: cursor, how many fields. The next cursor, then those of the fields that are users.
const std::string kScan = R"(
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local told = {page[1]}
for i = 1, #page[2], 2 do
    if string.match(page[2][i], '^%d+$') then told[#told + 1] = page[2][i] end
end
return table.concat(told, ' '))";

// ARGV: users. Those that are not there.
const std::string kMissing = R"(
local missing = {}
for i = 1, #ARGV do
    if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 0 then missing[#missing + 1] = ARGV[i] end
end
return table.concat(missing, ' '))";

std::istringstream wordsOf(const Reply& reply) {
    const auto* text = std::get_if<std::optional<std::string>>(&reply);
    if (!text || !*text)
        throw core::Error(core::ErrorKind::invalid_data, "Redis gave something else for a list of users");
    return std::istringstream{**text};
}

std::vector<UserId> usersIn(std::istringstream& words) {
    std::vector<UserId> users;
    for (std::int64_t user = 0; words >> user;) users.push_back(UserId{user});
    return users;
}

} // namespace

bool ClaimFilter::believedSoldOut(CouponId coupon) {
    const auto reply = client_.eval(kSoldOut, {keyOf(coupon)}, {});
    const auto* number = std::get_if<std::int64_t>(&reply);
    return number != nullptr && *number == 1;
}

std::vector<UserId> ClaimFilter::believedClaimants(CouponId coupon, std::string& cursor) {
    auto words = wordsOf(client_.eval(kScan, {keyOf(coupon)}, {cursor, kPage}));
    words >> cursor;
    return usersIn(words);
}

std::vector<UserId> ClaimFilter::missing(CouponId coupon, const std::vector<UserId>& users) {
    if (users.empty()) return {};
    std::vector<std::string> arguments;
    for (const auto user : users) arguments.push_back(std::to_string(user.value));
    auto words = wordsOf(client_.eval(kMissing, {keyOf(coupon)}, arguments));
    return usersIn(words);
}

void ClaimFilter::forget(CouponId coupon) { client_.del(keyOf(coupon)); }

} // namespace outboxd::commerce::redis
