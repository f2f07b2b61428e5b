// What operators see of the table dead_letter, and their orders. A large order is many transactions, each with its line in
// audit_log.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/dead_letter_desk.hpp"

namespace outboxd::scheduler::mysql {

class MysqlDeadLetterDesk final : public DeadLetterDesk {
public:
    explicit MysqlDeadLetterDesk(database::Database& database) : database_(database) {}

    DeskList<LetterLine> letters(const LetterFilter& filter, const DeskPage& page) override;
    LetterGroups groups(const LetterFilter& filter, int limit) override;
    std::optional<LetterView> letter(std::int64_t id) override;
    LettersTaken retry(const LetterOrder& order) override;
    LettersTaken discard(const LetterOrder& order) override;

    std::vector<LetterFigures> figures();

private:
    database::Database& database_;
};

// The places of a filter between `first` and `last`. Views into `filter` and into itself.
class LetterPlaces {
public:
    explicit LetterPlaces(const LetterFilter& filter);
    std::vector<database::Parameter> between(std::vector<database::Parameter> first,
                                             std::vector<database::Parameter> last = {}) const;

private:
    const LetterFilter& filter_;
    std::optional<std::string> digest_; // of the key
    std::optional<std::string> state_;
};

} // namespace outboxd::scheduler::mysql
