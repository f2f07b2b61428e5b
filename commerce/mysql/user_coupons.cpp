#include "sql/user_coupons.hpp"
#include "commerce/mysql/give_back_ports.hpp"
#include "commerce/mysql/rows.hpp"

namespace outboxd::commerce::mysql {

UserCoupon userCouponFrom(const database::Row& row) {
    UserCoupon coupon{.id = row.id<UserCouponId>(0),
                      .coupon = row.id<CouponId>(1),
                      .user = row.id<UserId>(2),
                      .state = userCouponStateFrom(row.bytes(3)),
                      .reason = row.maybeBytes(4),
                      .order = {},
                      .issuedAt = row.time(6),
                      .usedAt = row.maybeTime(7)};
    if (!row.isNull(5)) coupon.order = row.id<OrderId>(5);
    return coupon;
}

std::optional<UserCoupon> UserCoupons::lock(UserId user, CouponId coupon) {
    const auto rows = session_.query(sql::user_coupons::lock_user_coupon, {coupon, user});
    if (rows.empty()) return std::nullopt;
    return userCouponFrom(rows.front());
}

bool UserCoupons::use(UserCouponId id, OrderId order, core::Timestamp at) {
    return session_.execute(sql::user_coupons::use_coupon, {order, at, id}) == 1;
}

bool UserCoupons::giveBack(UserCouponId id, OrderId order) {
    return session_.execute(sql::user_coupons::give_coupon_back, {id, order}) == 1;
}

} // namespace outboxd::commerce::mysql
