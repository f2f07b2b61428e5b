// Jobs over /admin/api/v1/jobs: when each runs, how its runs went, pause, resume, run now. docs/admin-api.md describes it.
#pragma once

#include "api/router.hpp"
#include "scheduler/job_desk.hpp"

namespace outboxd::api {

// `desk` must outlive the routes.
void addJobRoutes(Router& router, scheduler::JobDesk& desk);

} // namespace outboxd::api
