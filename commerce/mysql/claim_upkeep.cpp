#include "commerce/mysql/claim_upkeep.hpp"

#include "sql/coupon_claims.hpp"
#include "sql/coupons.hpp"

namespace outboxd::commerce::mysql {
namespace {

constexpr int kClaimantsPerPage = 2'000;

} // namespace

std::vector<CouponId> couponsWithClaims(database::Database& database) {
    std::vector<CouponId> coupons;
    for (const auto& row : database.session()->query(sql::coupon_claims::coupons_with_claims))
        coupons.push_back(row.id<CouponId>(0));
    return coupons;
}

std::vector<SoldOutCoupon> soldOutCoupons(database::Database& database) {
    std::vector<SoldOutCoupon> coupons;
    for (const auto& row : database.session()->query(sql::coupons::sold_out_now))
        coupons.push_back({row.id<CouponId>(0), row.integer(1)});
    return coupons;
}

std::vector<UserId> claimantsAfter(database::Database& database, CouponId coupon, UserId after) {
    std::vector<UserId> users;
    for (const auto& row :
         database.session()->query(sql::coupon_claims::claimants_page, {coupon, after, kClaimantsPerPage}))
        users.push_back(row.id<UserId>(0));
    return users;
}

} // namespace outboxd::commerce::mysql
