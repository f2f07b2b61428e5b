// Removes events that were sent long ago, and commands that were executed long ago.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/lease.hpp"

#include <functional>

namespace outboxd::scheduler::mysql {

struct RetentionSettings {
    std::int64_t eventDays = 30;
    std::int64_t commandDays = 7;
    // A statement is made smaller or larger so that it takes about this long.
    std::chrono::milliseconds aim{20};
};

// Writers and the relay share the machine with it, so no statement is long: the next one is chosen by how long the last
// one took. It rests as long as it works. For one thread.
class OutboxRetention {
public:
    struct Figures {
        std::uint64_t events = 0, commands = 0, statements = 0;
        std::chrono::microseconds slowest{0}; // of all statements
    };

    // `rest` waits that long, or returns false: stop. All references must outlive it.
    OutboxRetention(database::Database& database, const core::Clock& clock, RetentionSettings settings,
                    std::function<bool(std::chrono::microseconds)> rest)
        : database_(database), clock_(clock), settings_(settings), rest_(std::move(rest)) {}

    // Removes what is older than the settings say. Each transaction ends with the fence of `term`. Events from the first
    // that is queued or held on stay, however old: they are not sent, or are behind one that is not.
    // Throws core::Error; TermLost when another node has the job now. What was removed until then is removed.
    Figures run(const Term& term);

private:
    bool events(const Term& term);
    bool commands(const Term& term);
    template <class Work> auto timed(Work&& work);

    database::Database& database_;
    const core::Clock& clock_;
    const RetentionSettings settings_;
    const std::function<bool(std::chrono::microseconds)> rest_;
    Figures figures_;
    std::int64_t batch_ = 0;
    std::chrono::microseconds last_{0};
};

} // namespace outboxd::scheduler::mysql
