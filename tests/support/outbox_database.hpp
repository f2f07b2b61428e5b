// The outbox on a schema of its own on the real server.
#pragma once

#include "platform/core/clock.hpp"
#include "scheduler/mysql/lock_store.hpp"
#include "scheduler/mysql/outbox_source.hpp"
#include "tests/support/test_database.hpp"

#include <optional>

namespace outboxd::testing {

class OutboxDatabase {
public:
    OutboxDatabase()
        : pool_(schema_.settings(), {.sessions = 32, .waiters = 256, .wait = std::chrono::seconds{60}},
                clock_),
          database(pool_, {.attempts = 20}), locks(database), source(database) {}

    std::unique_ptr<database::Session> connect() const {
        return std::make_unique<database::Session>(schema_.settings());
    }
    void run(const std::string& sql) { database.session()->textExecute(sql); }
    // The first cell of the first row; empty if there is none or it is NULL.
    std::string value(const std::string& sql) {
        std::optional<std::string> first;
        database.session()->textQuery(sql, [&](auto row) {
            if (!first) first = std::string{row[0]};
        });
        return first.value_or("");
    }
    std::int64_t number(const std::string& sql) { return std::stoll(value(sql)); }

    // An event as the shop writes it, in the transaction of `session`.
    std::int64_t insert(database::Session& session, const std::string& key,
                        const std::string& payload = "{}") {
        session.execute(kInsert, {core::newEventId(clock_), "thing", "a-" + key, key, "Changed", payload});
        return session.lastInsertId();
    }
    std::int64_t write(const std::string& key, const std::string& payload = "{}") {
        return insert(*database.session(), key, payload);
    }
    scheduler::Lane laneOf(std::int64_t id) {
        return static_cast<scheduler::Lane>(
            number("SELECT lane FROM outbox_queue WHERE id = " + std::to_string(id)));
    }
    // Takes the lane's lock.
    scheduler::LaneTerm hold(scheduler::Lane lane, const std::string& holder = "me",
                             std::chrono::milliseconds time = std::chrono::minutes{10}) {
        scheduler::LaneTerm term{lane, holder};
        if (!locks.tryLock({scheduler::laneLock(lane), holder}, time))
            throw std::runtime_error("the lane is held");
        return term;
    }
    // As if the lease of the lane had run out.
    void expire(scheduler::Lane lane) {
        run("UPDATE shedlock SET lock_until = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE name = '" +
            scheduler::laneLock(lane) + "'");
    }
    core::Clock& clock() { return clock_; }

private:
    static constexpr database::Statement kInsert{
        "test.insert_event",
        "INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, order_key, type, payload) "
        "VALUES (?, ?, ?, ?, ?, ?)"};
    TestDatabase schema_;
    core::SystemClock clock_;
    database::Pool pool_;

public:
    database::Database database;
    scheduler::mysql::MysqlLockStore locks;
    scheduler::mysql::MysqlOutboxSource source;
};

} // namespace outboxd::testing
