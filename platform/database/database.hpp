// The way into the database for everybody but the migrations: bounded sessions, and transactions that retry.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/database/errors.hpp"
#include "platform/database/pool.hpp"

#include <chrono>
#include <utility>

namespace outboxd::database {

// What the work of a transaction says at its end: keep the changes, or roll them back and still return.
enum class Ending { commit, rollback };

// Thread-safe. The work runs on the caller's thread.
class Database {
public:
    struct RetrySettings {
        int attempts = 5;                        // tries in all
        std::chrono::milliseconds firstDelay{2}; // doubled each time, with full jitter
        std::chrono::milliseconds longestDelay{50};
    };

    Database(Pool& pool, RetrySettings retry) : pool_(pool), retry_(retry) {}

    // Runs `work(session)` between START TRANSACTION and COMMIT and returns its value. `work` may run more than
    // once: after deadlock (1213), lock wait (1205) and snapshot conflict (1020) everything is rolled back and it
    // is called again, at most `attempts` times; so it must have no effect but through the session.
    // An exception from `work` rolls back. `ending(value)` decides between COMMIT and ROLLBACK.
    // Throws Error: contention (tries used up), overloaded (no session in time), outcome_unknown (connection lost
    // during COMMIT: look before doing it again), and what `work` throws.
    template <class Work, class EndingOf> auto transact(Work&& work, EndingOf&& ending) {
        for (int attempt = 1;; ++attempt) {
            auto session = pool_.acquire();
            try {
                session->begin();
                auto value = work(*session);
                if (ending(value) == Ending::commit) {
                    session->commit();
                } else {
                    session->rollback();
                }
                return value;
            } catch (const core::Error& error) {
                session->rollback();
                session.release(); // rolled back in good order, so it needs no reset
                if (error.kind() != core::ErrorKind::contention || attempt >= retry_.attempts) throw;
            } catch (...) {
                session->rollback();
                session.release();
                throw;
            }
            backOff(attempt); // without a session
        }
    }

    template <class Work> auto transact(Work&& work) {
        return transact(std::forward<Work>(work), [](const auto&) { return Ending::commit; });
    }

    // One session with autocommit on, for single statements and reads.
    Pool::Lease session() { return pool_.acquire(); }

private:
    void backOff(int attempt);

    Pool& pool_;
    RetrySettings retry_;
};

} // namespace outboxd::database
