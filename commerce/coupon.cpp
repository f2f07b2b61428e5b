#include "commerce/coupon.hpp"

#include "commerce/names.hpp"

#include <algorithm>

namespace outboxd::commerce {
namespace {

constexpr Names<DiscountKind, 2> kKinds{{{DiscountKind::fixed, "FIXED"}, {DiscountKind::percent, "PERCENT"}}};
constexpr Names<ClaimState, 3> kClaims{
    {{ClaimState::waiting, "WAITING"}, {ClaimState::issued, "ISSUED"}, {ClaimState::sold_out, "SOLD_OUT"}}};
constexpr Names<UserCouponState, 4> kStates{{{UserCouponState::available, "AVAILABLE"},
                                             {UserCouponState::used, "USED"},
                                             {UserCouponState::expired, "EXPIRED"},
                                             {UserCouponState::invalidated, "INVALIDATED"}}};

} // namespace

core::Money Discount::of(core::Money sum) const {
    if (kind == DiscountKind::fixed) return std::min(core::Money{value}, sum);
    // Hundreds and rest apart: the product of a large sum would overflow.
    const auto units = sum.minorUnits();
    core::Money part{units / 100 * value + units % 100 * value / 100};
    return most ? std::min(part, *most) : part;
}

std::string_view name(DiscountKind kind) { return nameIn(kKinds, kind); }
std::string_view name(ClaimState state) { return nameIn(kClaims, state); }
std::string_view name(UserCouponState state) { return nameIn(kStates, state); }
DiscountKind discountKindFrom(std::string_view name) { return valueIn(kKinds, name, "kind of discount"); }
ClaimState claimStateFrom(std::string_view name) { return valueIn(kClaims, name, "state of a claim"); }
UserCouponState userCouponStateFrom(std::string_view name) {
    return valueIn(kStates, name, "state of a coupon");
}

} // namespace outboxd::commerce
