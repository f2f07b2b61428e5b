// The one place where errors and refusals become problem documents. The codes are part of the API:
// docs/api.md. Refusals of the use cases are in api/problems/, a file per subject.
#pragma once

#include "api/problems/coupons.hpp"
#include "api/problems/orders.hpp"
#include "api/problems/payments.hpp"
#include "api/problems/people.hpp"
#include "commerce/idempotency.hpp"
#include "commerce/valid.hpp"
#include "platform/core/error.hpp"
#include "platform/http/problem.hpp"

#include <vector>

namespace outboxd::api {

// 400 invalid_request. `errors`: at least one.
http::Problem invalidRequest(std::vector<http::FieldError> errors);

// Broken machinery: 503 with Retry-After if trying again can help, else 500 without a word about the inside.
http::Problem problemFor(const core::Error& error);

http::Problem problemFor(const commerce::Invalid& invalid);
http::Problem problemFor(const commerce::InProgress& refusal);
http::Problem problemFor(const commerce::KeyReused&);

// Of something that was looked up by its path: "product_not_found".
http::Problem notFound(std::string_view what);

} // namespace outboxd::api
