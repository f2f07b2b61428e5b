// The best sellers in Redis, for all nodes.
#pragma once

#include "commerce/best_sellers.hpp"
#include "platform/redis/client.hpp"

namespace outboxd::commerce::redis {

// Thread-safe. Two keys: a hash of version and value, and a claim that expires after `renewAfter`. Whoever makes the
// claim is told to renew; so the database is asked at most that often by all nodes together, and a node that dies while
// it does so delays the others no longer than that. A value that is more than twice as old is renewed by everybody who
// sees it: nobody asked for a while, and an answer must not be older than that.
class BestSellersStore final : public commerce::BestSellersStore {
public:
    // `shop` separates the shops that share a Redis. `client` must outlive it.
    BestSellersStore(outboxd::redis::Client& client, const std::string& shop,
                     std::chrono::milliseconds renewAfter = std::chrono::milliseconds{500},
                     std::chrono::milliseconds life = std::chrono::minutes{90});

    Found look() override;
    void keep(const BestSellers& best) override;

private:
    outboxd::redis::Client& client_;
    const std::string key_;
    const std::string claimKey_;
    const std::chrono::milliseconds renewAfter_;
    const std::chrono::milliseconds life_;
};

} // namespace outboxd::commerce::redis
