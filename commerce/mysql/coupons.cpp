#include "commerce/mysql/coupons.hpp"

#include "sql/coupons.hpp"

namespace outboxd::commerce::mysql {

Coupon couponFrom(const database::Row& row) {
    Coupon coupon{.id = row.id<CouponId>(0),
                  .name = row.bytes(1),
                  .discount = {discountKindFrom(row.bytes(2)), row.integer(3), {}},
                  .total = row.integer(5),
                  .issued = row.integer(6),
                  .version = row.integer(7),
                  .startsAt = row.time(8),
                  .endsAt = row.time(9)};
    if (!row.isNull(4)) coupon.discount.most = row.money(4);
    return coupon;
}

CouponId Coupons::add(const Coupon& coupon) {
    session_.execute(sql::coupons::insert_coupon,
                     {coupon.name, name(coupon.discount.kind), coupon.discount.value, coupon.discount.most,
                      coupon.total, coupon.startsAt, coupon.endsAt});
    return {session_.lastInsertId()};
}

std::optional<Coupon> Coupons::find(CouponId id) {
    const auto rows = session_.query(sql::coupons::coupon_by_id, {id});
    if (rows.empty()) return std::nullopt;
    return couponFrom(rows.front());
}

} // namespace outboxd::commerce::mysql
