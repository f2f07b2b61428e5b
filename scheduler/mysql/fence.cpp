#include "scheduler/mysql/fence.hpp"

#include "sql/shedlock.hpp"

namespace outboxd::scheduler::mysql {

void requireTerm(database::Session& session, const Term& term) {
    if (session.query(sql::shedlock::fence, {term.lock, term.holder}).empty()) throw TermLost(term);
}

} // namespace outboxd::scheduler::mysql
