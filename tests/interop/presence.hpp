// How a holder of a lock signs in and out, for the audit of interop_test.py. Contender.java does the same.
#pragma once

#include "platform/database/session.hpp"

#include <cstdint>
#include <string>

namespace outboxd::interop {

// One visit, by one thread. `before` is how many turns the lock had seen; leaving writes that plus one, in a statement of its
// own: a turn is lost as soon as two are inside at once, whatever the clocks say.
struct Visit {
    std::string lock;
    std::int64_t id = 0;
    std::int64_t before = 0;
};

inline std::int64_t turnsHad(database::Session& session, const std::string& lock) {
    static constexpr database::Statement had{"interop.had", "SELECT had FROM turns WHERE lock_name = ?"};
    return session.query(had, {lock}).at(0).integer(0);
}

inline Visit enter(database::Session& session, const std::string& lock, std::int64_t before,
                   std::int64_t atLeast) {
    static constexpr database::Statement signIn{
        "interop.sign_in",
        "INSERT INTO presence (lock_name, kind, holder, at_least, locked_at, lock_until, entered_at) "
        "SELECT name, 'OUTBOXD', locked_by, ?, locked_at, lock_until, UTC_TIMESTAMP(6) FROM shedlock WHERE name = ?"};
    session.execute(signIn, {atLeast, lock});
    return {lock, session.lastInsertId(), before};
}

inline void leave(database::Session& session, const Visit& visit) {
    static constexpr database::Statement count{"interop.count",
                                               "UPDATE turns SET had = ? WHERE lock_name = ?"};
    static constexpr database::Statement signOut{
        "interop.sign_out", "UPDATE presence SET left_at = UTC_TIMESTAMP(6) WHERE id = ?"};
    session.execute(count, {visit.before + 1, visit.lock});
    session.execute(signOut, {visit.id});
}

} // namespace outboxd::interop
