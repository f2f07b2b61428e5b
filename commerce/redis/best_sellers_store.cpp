#include "commerce/redis/best_sellers_store.hpp"

namespace outboxd::commerce::redis {
namespace {

// Whether to renew and the value in one answer: '1' or '0', then the value. Its age shows in the life that it has left.
const std::string kLook = R"(
local claimed = redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[1])
local value = redis.call('HGET', KEYS[1], 'value')
local old = value and ARGV[2] - redis.call('PTTL', KEYS[1]) > 2 * ARGV[1]
return ((claimed or old) and '1' or '0') .. (value or '')
)";

// An older computation that arrives late never replaces a newer one. Microseconds since 1970 are exact in Lua's numbers.
const std::string kKeep = R"(
local version = redis.call('HGET', KEYS[1], 'version')
if version and tonumber(version) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'value', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
)";

} // namespace

// The braces put both keys on one node of a cluster.
BestSellersStore::BestSellersStore(outboxd::redis::Client& client, const std::string& shop,
                                   std::chrono::milliseconds renewAfter, std::chrono::milliseconds life)
    : client_(client), key_("outboxd:{" + shop + "}:top5"), claimKey_(key_ + ":renewal"),
      renewAfter_(renewAfter), life_(life) {}

BestSellersStore::Found BestSellersStore::look() {
    const auto reply = client_.eval(kLook, {key_, claimKey_},
                                    {std::to_string(renewAfter_.count()), std::to_string(life_.count())});
    const auto* text = std::get_if<std::optional<std::string>>(&reply);
    if (!text || !*text || (*text)->empty())
        throw core::Error(core::ErrorKind::invalid_data,
                          "the script of the best sellers answers with no text");
    return {decode(std::string_view{**text}.substr(1)), (*text)->front() == '1'};
}

void BestSellersStore::keep(const BestSellers& best) {
    client_.eval(kKeep, {key_},
                 {std::to_string(best.computedAt.time_since_epoch().count()), encode(best),
                  std::to_string(life_.count())});
}

} // namespace outboxd::commerce::redis
