// Refusals about payments. See api/problems.hpp.
#pragma once

#include "commerce/payments.hpp"
#include "platform/http/problem.hpp"

namespace outboxd::api {

http::Problem problemFor(const commerce::InsufficientPoints& refusal);

} // namespace outboxd::api
