// The retries' side of the tables dead_letter and dead_letter_key.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/dead_letter_retry.hpp"

namespace outboxd::scheduler::mysql {

// Thread-safe. `database` must outlive it.
class MysqlLettersToRetry final : public LettersToRetry {
public:
    explicit MysqlLettersToRetry(database::Database& database) : database_(database) {}

    std::vector<std::string> listeners() override;
    std::vector<std::int64_t> due(std::string_view listener, std::size_t most) override;
    std::optional<DueLetter> letter(std::int64_t id) override;
    std::optional<std::int64_t> done(const Term& term, const DueLetter& letter) override;
    void failed(const Term& term, const DueLetter& letter, const std::string& error,
                std::optional<std::chrono::microseconds> again) override;
    void postpone(const Term& term, const DueLetter& letter, std::chrono::microseconds time) override;
    std::size_t mend(const Term& term) override;

private:
    database::Database& database_;
};

} // namespace outboxd::scheduler::mysql
