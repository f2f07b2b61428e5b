// Dead letters on a schema of their own on the real server.
#pragma once

#include "scheduler/mysql/dead_letters.hpp"
#include "tests/support/outbox_database.hpp"

namespace outboxd::testing {

class LettersDatabase : public OutboxDatabase {
public:
    // A record as it came from a topic; its place is its number.
    static scheduler::Delivery record(const std::string& key, std::int64_t number) {
        scheduler::Delivery record;
        record.topic = "t";
        record.offset = number;
        record.key = key;
        record.id = core::EventId::fromBinary(std::string(8, '\0') +
                                              std::to_string(10'000'000 + number).substr(0, 8));
        record.type = "Changed";
        record.payload = "{\"number\":" + std::to_string(number) + "}";
        record.sequence = number;
        record.headers = {{"id", record.id->text()}, {"eventType", "Changed"}};
        return record;
    }
    static scheduler::DeadLetter failed(scheduler::Delivery record, const std::string& error = "no luck") {
        return {std::move(record), error, false, 3};
    }
    static scheduler::DeadLetter refused(scheduler::Delivery record,
                                         const std::string& error = "unreadable") {
        return {std::move(record), error, true, 1};
    }

    void add(const scheduler::DeadLetter& letter) { box.add("one", true, {&letter, 1}); }
    std::vector<std::size_t> park(const std::vector<scheduler::Delivery>& batch) {
        return box.park("one", batch);
    }
    // "KEY:NUMBER STATE, ...", in the order of the ids.
    std::string letters() {
        return value(
            "SELECT COALESCE(GROUP_CONCAT(CONCAT(record_key, ':', record_offset, ' ', state) ORDER BY id "
            "SEPARATOR ', '), '') FROM dead_letter");
    }
    std::int64_t blockedKeys() { return number("SELECT COUNT(*) FROM dead_letter_key"); }

    scheduler::mysql::MysqlDeadLetterBox box{database, {}};
};

} // namespace outboxd::testing
