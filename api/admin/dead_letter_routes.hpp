// What operators see of dead letters, and order of them, under /admin/api/v1/dead-letters. docs/admin-api.md describes it.
#pragma once

#include "api/router.hpp"
#include "scheduler/dead_letter_desk.hpp"

namespace outboxd::api {

// `desk` must outlive the routes.
void addDeadLetterRoutes(Router& router, scheduler::DeadLetterDesk& desk);

} // namespace outboxd::api
