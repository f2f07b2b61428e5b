#include "commerce/mysql/coupon_reader.hpp"

#include "commerce/mysql/coupons.hpp"
#include "sql/coupons.hpp"

#include <limits>

namespace outboxd::commerce::mysql {
namespace {

// coupons.held_page
HeldCoupon heldFrom(const database::Row& row) {
    HeldCoupon coupon{.held = {.id = row.id<UserCouponId>(0),
                               .coupon = row.id<CouponId>(1),
                               .user = row.id<UserId>(2),
                               .state = userCouponStateFrom(row.bytes(3)),
                               .reason = row.maybeBytes(4),
                               .order = {},
                               .issuedAt = row.time(6),
                               .usedAt = row.maybeTime(7)},
                      .name = row.bytes(8),
                      .endsAt = row.time(9)};
    if (!row.isNull(5)) coupon.held.order = row.id<OrderId>(5);
    return coupon;
}

} // namespace

std::optional<Coupon> CouponReader::coupon(CouponId id) { return Coupons{*database_.session()}.find(id); }

Page<Coupon> CouponReader::coupons(const PageRequest& page) {
    Page<Coupon> result;
    for (const auto& row :
         database_.session()->query(sql::coupons::coupons_page, {page.cursor.value_or(0), page.limit + 1}))
        result.items.push_back(couponFrom(row));
    if (result.items.size() > static_cast<std::size_t>(page.limit)) {
        result.items.pop_back();
        result.next = result.items.back().id.value;
    }
    return result;
}

Page<HeldCoupon> CouponReader::held(UserId user, const PageRequest& page) {
    const auto before = page.cursor.value_or(std::numeric_limits<std::int64_t>::max());
    Page<HeldCoupon> result;
    for (const auto& row :
         database_.session()->query(sql::coupons::held_page, {user, before, page.limit + 1}))
        result.items.push_back(heldFrom(row));
    if (result.items.size() > static_cast<std::size_t>(page.limit)) {
        result.items.pop_back();
        result.next = result.items.back().held.id.value;
    }
    return result;
}

} // namespace outboxd::commerce::mysql
