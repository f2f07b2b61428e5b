#include "commerce/best_sellers_cache.hpp"

#include <utility>

namespace outboxd::commerce {

using namespace std::chrono_literals;

namespace {

constexpr auto kFresh = 1s;
// For the very first answer; a request that waits longer is better told to come again.
constexpr auto kPatience = 2s;

} // namespace

std::shared_ptr<const BestSellers> BestSellersCache::get() {
    std::unique_lock lock(mutex_);
    const auto now = clock_.now();
    if (!loading_ && now >= nextLoad_) {
        load(lock);
        return answer();
    }
    if (!copy_ && loading_) loaded_.wait_for(lock, kPatience, [this] { return !loading_; });
    auto best = answer();
    ++figures_.copy;
    return best;
}

std::shared_ptr<const BestSellers> BestSellersCache::answer() {
    if (copy_) return copy_;
    ++figures_.failed;
    if (failure_) throw core::Error(*failure_);
    throw core::Error(core::ErrorKind::overloaded, "the best sellers are still being worked out");
}

// Leaves the lock for as long as it takes to find out.
void BestSellersCache::load(std::unique_lock<std::mutex>& lock) {
    loading_ = true;
    nextLoad_ = clock_.now() + kFresh;
    lock.unlock();
    std::shared_ptr<const BestSellers> found;
    std::optional<core::Error> failure;
    Figures seen;
    try {
        found = find(seen);
    } catch (const core::Error& error) {
        failure = error;
    } catch (const std::exception& error) {
        failure.emplace(core::ErrorKind::internal, error.what());
    }
    lock.lock();
    loading_ = false;
    // A store that was restored, or one that missed what was computed while it was away, does not turn us back.
    if (found && (!copy_ || found->computedAt >= copy_->computedAt)) copy_ = std::move(found);
    failure_ = std::move(failure);
    figures_.store += seen.store;
    figures_.database += seen.database;
    figures_.fallback += seen.fallback + (failure_ && copy_ ? 1 : 0);
    figures_.storeTroubles += seen.storeTroubles;
    loaded_.notify_all();
}

std::shared_ptr<const BestSellers> BestSellersCache::find(Figures& seen) {
    std::optional<BestSellers> kept;
    bool renew = true;
    const bool storeAnswers = store_ && withStore(seen, [&] {
                                  auto found = store_->look();
                                  kept = std::move(found.kept);
                                  renew = found.renew || !kept;
                              });
    if (!renew) {
        ++seen.store;
        return std::make_shared<const BestSellers>(std::move(*kept));
    }
    try {
        auto fresh = std::make_shared<const BestSellers>(reader_.bestSellers(rankedHours(clock_.today())));
        if (storeAnswers) withStore(seen, [&] { store_->keep(*fresh); });
        ++seen.database;
        return fresh;
    } catch (const core::Error& error) {
        if (!kept) throw;
        logger_.debug("best_sellers_not_renewed", {{"error", error.what()}});
        ++seen.fallback;
        return std::make_shared<const BestSellers>(std::move(*kept));
    }
}

template <class Work> bool BestSellersCache::withStore(Figures& seen, Work work) {
    try {
        work();
        if (std::exchange(storeTrouble_, false)) logger_.info("best_sellers_store_back");
        return true;
    } catch (const core::Error& error) {
        ++seen.storeTroubles;
        if (!std::exchange(storeTrouble_, true))
            logger_.warning(
                "best_sellers_store_trouble",
                {{"error", error.what()}, {"consequence", "the database is asked once a second"}});
        return false;
    }
}

BestSellersCache::Figures BestSellersCache::figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
}

} // namespace outboxd::commerce
