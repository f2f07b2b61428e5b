// Refusals about coupons. See api/problems.hpp.
#pragma once

#include "commerce/claim_queue.hpp"
#include "platform/http/problem.hpp"

namespace outboxd::api {

http::Problem problemFor(const commerce::CouponNotFound& refusal);
http::Problem problemFor(const commerce::CouponNotStarted& refusal);
http::Problem problemFor(const commerce::CouponEnded& refusal);
http::Problem problemFor(const commerce::CouponSoldOut& refusal);

} // namespace outboxd::api
