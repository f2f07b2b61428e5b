// Runs of the reconciliation over /admin/api/v1/reconcile; docs/admin-api.md describes them.
#pragma once

#include "api/router.hpp"
#include "commerce/reconcile/desk.hpp"

namespace outboxd::api {

// `desk` must outlive the routes.
void addReconcileRoutes(Router& router, commerce::reconcile::RunDesk& desk);

} // namespace outboxd::api
