// Refusals about products, carts and orders. See api/problems.hpp.
#pragma once

#include "commerce/cart.hpp"
#include "commerce/orders.hpp"
#include "commerce/payments.hpp"
#include "platform/http/problem.hpp"

namespace outboxd::api {

http::Problem problemFor(const commerce::ProductNotFound& refusal);
http::Problem problemFor(const commerce::OutOfStock& refusal);
http::Problem problemFor(const commerce::TotalTooLarge& refusal);
http::Problem problemFor(const commerce::UnknownCoupon& refusal);
http::Problem problemFor(const commerce::CouponNotUsable& refusal);
http::Problem problemFor(const commerce::CartFull&);
http::Problem problemFor(const commerce::CartQuantityTooLarge& refusal);
http::Problem problemFor(const commerce::CartEmpty&);
http::Problem problemFor(const commerce::OrderNotFound& refusal);
http::Problem problemFor(const commerce::WrongState& refusal);
http::Problem problemFor(const commerce::OrderExpired& refusal);

} // namespace outboxd::api
