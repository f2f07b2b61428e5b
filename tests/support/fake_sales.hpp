// The figures behind the best sellers in memory (tests/contract/sales_contract_test.cpp), and a store for all nodes.
#pragma once

#include "commerce/best_sellers.hpp"
#include "platform/core/error.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>

namespace outboxd::testing {

class FakeSales final : public commerce::SalesLedger, public commerce::SalesReader {
public:
    explicit FakeSales(const core::Clock& clock) : clock_(clock) {}

    void goDown() { down_ = true; }
    void comeBack() { down_ = false; }
    // What the products are called; those that are not put are not shown.
    void put(const commerce::Product& product) { products_[product.id] = product; }
    void completeUpTo(core::Timestamp time) { asOf_ = time; }
    int asked() const { return asked_; }

    std::size_t add(std::span<const commerce::Sale> sales) override {
        requireUp();
        std::size_t fresh = 0;
        for (const auto& sale : sales) {
            if (!known_.insert(sale.event).second) continue;
            ++fresh;
            for (const auto& line : sale.lines) sold_[{sale.hour, line.product}] += line.quantity;
        }
        return fresh;
    }

    commerce::BestSellers bestSellers(commerce::HourRange hours) override {
        ++asked_;
        requireUp();
        std::map<commerce::ProductId, std::int64_t> sums;
        for (const auto& [place, quantity] : sold_)
            if (place.first >= hours.first && place.first <= hours.last) sums[place.second] += quantity;
        commerce::BestSellers best{asOf_, clock_.today(), {}};
        for (const auto& [id, sold] : sums) {
            const auto product = products_.find(id);
            if (sold <= 0 || product == products_.end()) continue;
            best.items.push_back(
                {id, product->second.name, product->second.price, product->second.stock, sold});
        }
        std::ranges::stable_sort(best.items, std::ranges::greater{}, &commerce::BestSeller::sold);
        if (best.items.size() > commerce::kBestSellers) best.items.resize(commerce::kBestSellers);
        return best;
    }

private:
    void requireUp() const {
        if (down_) throw core::Error(core::ErrorKind::unavailable, "the database is away");
    }

    const core::Clock& clock_;
    std::atomic<bool> down_{false};
    std::atomic<int> asked_{0};
    std::optional<core::Timestamp> asOf_;
    std::map<commerce::ProductId, commerce::Product> products_;
    std::set<core::EventId> known_;
    std::map<std::pair<commerce::Hour, commerce::ProductId>, std::int64_t> sold_;
};

// Tells one caller per half second to renew, and everybody what is older than a second.
class FakeBestSellersStore final : public commerce::BestSellersStore {
public:
    explicit FakeBestSellersStore(const core::Clock& clock) : clock_(clock) {}

    void goDown() { down_ = true; }
    void comeBack() { down_ = false; }
    // Another node has just taken the turn.
    void claim() { claimedUntil_ = clock_.now() + std::chrono::milliseconds{500}; }
    void forget() { kept_.reset(); }
    const std::optional<commerce::BestSellers>& kept() const { return kept_; }
    int looked() const { return looked_; }

    Found look() override {
        ++looked_;
        requireUp();
        const bool claimed = clock_.now() >= claimedUntil_;
        if (claimed) claim();
        return {kept_, claimed || (kept_ && clock_.now() - keptAt_ > std::chrono::seconds{1})};
    }
    void keep(const commerce::BestSellers& best) override {
        requireUp();
        if (kept_ && kept_->computedAt > best.computedAt) return;
        kept_ = best;
        keptAt_ = clock_.now();
    }

private:
    void requireUp() const {
        if (down_) throw core::Error(core::ErrorKind::unavailable, "Redis is away");
    }

    const core::Clock& clock_;
    bool down_ = false;
    int looked_ = 0;
    core::Instant claimedUntil_{}, keptAt_{};
    std::optional<commerce::BestSellers> kept_;
};

} // namespace outboxd::testing
