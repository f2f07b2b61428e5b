// Refusals about users and their points. See api/problems.hpp.
#pragma once

#include "commerce/points.hpp"
#include "commerce/users.hpp"
#include "platform/http/problem.hpp"

namespace outboxd::api {

http::Problem problemFor(const commerce::UsernameTaken&);
http::Problem problemFor(const commerce::UserNotFound& refusal);
http::Problem problemFor(const commerce::BalanceLimitReached& refusal);

} // namespace outboxd::api
