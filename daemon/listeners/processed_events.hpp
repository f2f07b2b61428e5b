// Joins the memory of events that were worked off to the listeners whose effects are elsewhere.
#pragma once

#include "commerce/mysql/processed_events.hpp"
#include "scheduler/processed_events.hpp"

namespace outboxd::daemon {

// Thread-safe. `database` must outlive it.
class MysqlProcessedEvents final : public scheduler::ProcessedEvents {
public:
    explicit MysqlProcessedEvents(database::Database& database) : database_(database) {}

    Ids known(std::string_view listener, const Ids& ids) override {
        return commerce::mysql::processed(*database_.session(), listener, ids);
    }
    void add(std::string_view listener, const Ids& ids) override {
        commerce::mysql::onceEach(database_, listener, ids, [](database::Session&, const Ids&) {});
    }

private:
    database::Database& database_;
};

} // namespace outboxd::daemon
