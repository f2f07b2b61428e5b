// The best sellers as requests read them, through three layers.
//
//   copy in this process   at most a second old; nobody asks further meanwhile
//   store of all nodes     one node at a time is told to renew it (BestSellersStore::Found)
//   database               asked by that node; and, without a store, once a second by each node
//
// One caller at a time goes beyond the copy (single flight); the others are given the old copy at once, however long
// that caller takes. Only while there is no copy at all they wait for it, for a bounded time. Whatever fails, the best
// answer known is served: its `asOf` says how good it is.
#pragma once

#include "commerce/best_sellers.hpp"
#include "platform/core/error.hpp"
#include "platform/core/logger.hpp"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

namespace outboxd::commerce {

// Thread-safe.
class BestSellersCache {
public:
    // The references must outlive the cache; `store` may be null.
    BestSellersCache(SalesReader& reader, BestSellersStore* store, const core::Clock& clock,
                     core::Logger& logger)
        : reader_(reader), store_(store), clock_(clock), logger_(logger) {}

    // The same pointer means the same content. Throws core::Error if nothing is known and nothing can be found out; it is
    // then tried again after a second.
    std::shared_ptr<const BestSellers> get();

    // Where the answers came from. `fallback`: the database could not be asked when it was its turn.
    struct Figures {
        std::uint64_t copy = 0;
        std::uint64_t store = 0;
        std::uint64_t database = 0;
        std::uint64_t fallback = 0;
        std::uint64_t failed = 0;
        std::uint64_t storeTroubles = 0;
    };
    Figures figures() const;

private:
    std::shared_ptr<const BestSellers> answer();
    void load(std::unique_lock<std::mutex>& lock);
    std::shared_ptr<const BestSellers> find(Figures& seen);
    template <class Work> bool withStore(Figures& seen, Work work);

    SalesReader& reader_;
    BestSellersStore* const store_;
    const core::Clock& clock_;
    core::Logger& logger_;

    mutable std::mutex mutex_; // guards what follows; never held while anything is asked
    std::condition_variable loaded_;
    bool loading_ = false;
    core::Instant nextLoad_{};
    std::shared_ptr<const BestSellers> copy_;
    std::optional<core::Error> failure_; // of the last load, while there is no copy
    Figures figures_;

    bool storeTrouble_ = false; // of the one who loads
};

} // namespace outboxd::commerce
