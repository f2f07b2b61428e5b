// What the outbox says was sent, against the topics: outboxd verify as a check of the reconciliation.
#pragma once

#include "commerce/mysql/reconcile/checks.hpp"
#include "daemon/settings.hpp"
#include "scheduler/desk.hpp"

namespace outboxd::daemon {

// Of the last day and at most half a million events (about 60 MB); compacted topics are left out, as nothing can be said of
// them. Lost ones are ordered again through `desk`, which writes that into the audit log, too. All must outlive the check.
std::unique_ptr<commerce::reconcile::Check> sentEvents(const Settings& settings,
                                                       const commerce::mysql::reconcile::Books& books,
                                                       scheduler::OutboxDesk& desk, core::Logger& logger);

} // namespace outboxd::daemon
