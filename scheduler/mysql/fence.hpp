// The fence with which the transactions of jobs end.
#pragma once

#include "platform/database/session.hpp"
#include "scheduler/lease.hpp"

namespace outboxd::scheduler::mysql {

// The last statement of a transaction that only the holder of `term` may commit. It keeps the lock's row as it is until
// the commit. Throws TermLost if the term has ended: the transaction must be rolled back and not repeated.
void requireTerm(database::Session& session, const Term& term);

} // namespace outboxd::scheduler::mysql
