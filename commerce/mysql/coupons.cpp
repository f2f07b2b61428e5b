#include "commerce/mysql/coupons.hpp"

#include "platform/core/error.hpp"
#include "sql/coupon_claims.hpp"
#include "sql/coupons.hpp"

#include <fmt/format.h>

namespace outboxd::commerce::mysql {
namespace {

std::optional<Coupon> onlyCoupon(const database::Rows& rows) {
    return rows.empty() ? std::nullopt : std::optional{couponFrom(rows.front())};
}

std::string idsOf(const std::vector<Claim>& claims) {
    std::string list;
    for (const auto& claim : claims) list += fmt::format("{}{}", list.empty() ? "" : ",", claim.id.value);
    return "[" + list + "]";
}

} // namespace

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

Claim claimFrom(const database::Row& row) {
    return {.id = row.id<ClaimId>(0),
            .coupon = row.id<CouponId>(1),
            .user = row.id<UserId>(2),
            .state = claimStateFrom(row.bytes(3)),
            .at = row.time(4),
            .decidedAt = row.maybeTime(5)};
}

CouponId Coupons::add(const Coupon& coupon) {
    session_.execute(sql::coupons::insert_coupon,
                     {coupon.name, name(coupon.discount.kind), coupon.discount.value, coupon.discount.most,
                      coupon.total, coupon.startsAt, coupon.endsAt});
    return {session_.lastInsertId()};
}

std::optional<Coupon> Coupons::find(CouponId id) {
    return onlyCoupon(session_.query(sql::coupons::coupon_by_id, {id}));
}

std::optional<Coupon> Coupons::lock(CouponId id) {
    return onlyCoupon(session_.query(sql::coupons::lock_coupon, {id}));
}

std::vector<Claim> Claims::waiting(CouponId coupon, ClaimId after, std::size_t most) {
    std::vector<Claim> claims;
    for (const auto& row : session_.query(sql::coupon_claims::lock_waiting, {coupon, after, most}))
        claims.push_back(claimFrom(row));
    return claims;
}

void Claims::issue(CouponId coupon, const std::vector<Claim>& winners, core::Timestamp at) {
    const auto ids = idsOf(winners);
    decide(ids, winners.size(), ClaimState::issued, at);
    session_.execute(sql::coupon_claims::give_coupons, {at, ids});
    session_.execute(sql::coupons::raise_issued, {winners.size(), coupon});
}

void Claims::refuse(const std::vector<Claim>& losers, core::Timestamp at) {
    decide(idsOf(losers), losers.size(), ClaimState::sold_out, at);
}

void Claims::decide(const std::string& ids, std::size_t count, ClaimState state, core::Timestamp at) {
    if (session_.execute(sql::coupon_claims::decide_claims, {ids, name(state), at}) != count)
        throw core::Error(core::ErrorKind::internal, "a claim was decided while its row was locked");
}

} // namespace outboxd::commerce::mysql
