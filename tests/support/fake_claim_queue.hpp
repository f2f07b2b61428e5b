// The queue of claims of the shop in memory, with verbs for what goes wrong.
#pragma once

#include "commerce/claim_queue.hpp"
#include "platform/core/error.hpp"
#include "tests/support/fake_shop.hpp"

#include <atomic>

namespace outboxd::testing {

class FakeClaimQueue final : public commerce::ClaimQueue {
public:
    explicit FakeClaimQueue(FakeShop& shop) : shop_(shop) {}

    // The database does not answer until recover().
    void goDown() { down_ = true; }
    void recover() { down_ = false; }
    // How often each was called.
    int appends() const { return appends_; }
    int looks() const { return looks_; }
    int verdictLooks() const { return verdictLooks_; }

    std::size_t append(const std::vector<commerce::ClaimRequest>& requests) override {
        ++appends_;
        requireUp();
        return shop_.with([&](FakeShop::Rows& rows) {
            std::size_t added = 0;
            for (const auto& request : requests) {
                if (answer(rows, request)) continue;
                const commerce::ClaimId id{++rows.lastId};
                rows.claims[id] = {.id = id,
                                   .coupon = request.coupon,
                                   .user = request.user,
                                   .at = shop_.clock().today(),
                                   .decidedAt = {}};
                ++added;
            }
            return added;
        });
    }
    std::vector<std::optional<commerce::ClaimResult>>
    look(const std::vector<commerce::ClaimRequest>& requests) override {
        ++looks_;
        requireUp();
        return shop_.with([&](FakeShop::Rows& rows) {
            std::vector<std::optional<commerce::ClaimResult>> results;
            for (const auto& request : requests) results.push_back(answer(rows, request));
            return results;
        });
    }
    std::optional<commerce::Queued> find(commerce::CouponId coupon, commerce::UserId user) override {
        requireUp();
        return shop_.with([&](FakeShop::Rows& rows) { return queued(rows, {coupon, user}); });
    }
    std::vector<commerce::Claim> decided(const std::vector<commerce::ClaimId>& claims) override {
        ++verdictLooks_;
        requireUp();
        return shop_.with([&](FakeShop::Rows& rows) {
            std::vector<commerce::Claim> found;
            for (const auto id : claims) {
                const auto claim = rows.claims.find(id);
                if (claim != rows.claims.end() && claim->second.state != commerce::ClaimState::waiting)
                    found.push_back(claim->second);
            }
            return found;
        });
    }

private:
    void requireUp() const {
        if (down_) throw core::Error(core::ErrorKind::unavailable, "the database is down");
    }
    static std::optional<commerce::Queued> queued(FakeShop::Rows& rows,
                                                  const commerce::ClaimRequest& request) {
        std::int64_t ahead = 0;
        for (const auto& [id, claim] : rows.claims) {
            if (claim.coupon != request.coupon) continue;
            const bool waits = claim.state == commerce::ClaimState::waiting;
            if (claim.user == request.user)
                return commerce::Queued{claim, waits ? std::min(ahead, commerce::kCountedAhead) + 1 : 0};
            if (waits) ++ahead;
        }
        return std::nullopt;
    }
    std::optional<commerce::ClaimResult> answer(FakeShop::Rows& rows, const commerce::ClaimRequest& request) {
        const auto coupon = rows.coupons.find(request.coupon);
        if (coupon == rows.coupons.end()) return commerce::CouponNotFound{request.coupon};
        if (!rows.users.contains(request.user)) return commerce::UserNotFound{request.user};
        if (const auto found = queued(rows, request)) return *found;
        const auto now = shop_.clock().today();
        if (now < coupon->second.startsAt) return commerce::CouponNotStarted{coupon->second.startsAt};
        if (now >= coupon->second.endsAt) return commerce::CouponEnded{coupon->second.endsAt};
        if (coupon->second.issued >= coupon->second.total) return commerce::CouponSoldOut{request.coupon};
        return std::nullopt;
    }

    FakeShop& shop_;
    std::atomic<bool> down_{false};
    std::atomic<int> appends_{0};
    std::atomic<int> looks_{0};
    std::atomic<int> verdictLooks_{0};
};

} // namespace outboxd::testing
