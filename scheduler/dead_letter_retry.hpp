// The retries of dead letters: which, when, and what becomes of them.
//
//   due letters of a listener, the longest due first -> handle() with the one record
//     done, ignored    removed; the next letter of its key is due at once, and after the last one the key is free
//     failed           tried again after a time that doubles, up to a limit of tries; then it waits for a person
//     refused          waits for a person at once
//     deferred, or the machinery is broken   costs no attempt, and ends the listener's turn
//
// A key has one letter at a time that is not parked, its first, so letters are worked off in their order.
#pragma once

#include "platform/core/logger.hpp"
#include "scheduler/dead_letters.hpp"
#include "scheduler/lease.hpp"

#include <atomic>
#include <functional>
#include <set>
#include <stop_token>

namespace outboxd::scheduler {

struct RetryRules {
    int limit = 10;                          // retries of a letter, until it waits for a person
    std::chrono::milliseconds first{10'000}; // before the first retry; doubled for each further one, up to
    std::chrono::milliseconds longest{3'600'000};
    std::size_t most = 1000;                // letters in one turn of a listener
    std::chrono::milliseconds turn{20'000}; // after which a turn ends with the letter in hand
};

// How long after its `retries`th retry (0: after it was written) a letter is tried again: between half of the time of the
// rules and all of it, by `dice` from 0 to below 1, since letters of one moment must not all come again at one moment.
std::chrono::microseconds retryDelay(const RetryRules& rules, int retries, double dice);

struct DueLetter {
    std::int64_t id = 0;
    int attempts = 0, retries = 0;
    Delivery record = {};
};

// Letters as the retries see them. Every change is made under the fence of `term`, throws TermLost if that has ended, and
// changes nothing if an operator was faster. Throws core::Error. Thread-safe.
class LettersToRetry {
public:
    virtual ~LettersToRetry() = default;
    // Those that have letters, of whatever state.
    virtual std::vector<std::string> listeners() = 0;
    // Ids; the longest due first.
    virtual std::vector<std::int64_t> due(std::string_view listener, std::size_t most) = 0;
    // Empty if it is not there or not due any more.
    virtual std::optional<DueLetter> letter(std::int64_t id) = 0;
    // Removes it. The next letter of its key is due now and returned; if there is none, the key is free.
    virtual std::optional<std::int64_t> done(const Term& term, const DueLetter& letter) = 0;
    // Counts the attempt; `again`: after what time it is tried again, or empty: it waits for a person.
    virtual void failed(const Term& term, const DueLetter& letter, const std::string& error,
                        std::optional<std::chrono::microseconds> again) = 0;
    // Tried again after `time`, and nothing is counted.
    virtual void postpone(const Term& term, const DueLetter& letter, std::chrono::microseconds time) = 0;
    // Keys that somebody changed by hand: frees those without a letter, makes the first of the others due if it is parked.
    // At most some; returns how many.
    virtual std::size_t mend(const Term& term) = 0;
};

// run() is called by one thread at a time, figures() by any.
class DeadLetterRetry {
public:
    // All must outlive it. `dice`: random numbers from 0 to below 1.
    DeadLetterRetry(LettersToRetry& letters, std::vector<Listener*> listeners, const core::Clock& clock,
                    core::Logger& logger, RetryRules rules, std::function<double()> dice);

    // One turn for each listener. Letters of others are left alone and reported.
    void run(const Term& term, const std::stop_token& cancelled);

    struct Figures {
        std::uint64_t done = 0;    // letters that were worked off
        std::uint64_t failed = 0;  // tries in vain
        std::uint64_t givenUp = 0; // of them the last ones
    };
    Figures figures() const { return {done_.load(), failed_.load(), givenUp_.load()}; }

private:
    void turn(Listener& listener, const Term& term, const std::stop_token& cancelled);
    // False ends the turn. `next`: the letter to go on with, if the key has another one.
    bool retry(Listener& listener, const Term& term, const DueLetter& letter,
               std::optional<std::int64_t>& next);
    void failed(const Listener& listener, const Term& term, const DueLetter& letter, const Verdict& verdict);
    void report(const std::set<std::string>& strangers);

    LettersToRetry& letters_;
    const std::vector<Listener*> listeners_;
    const core::Clock& clock_;
    core::Logger& logger_;
    const RetryRules rules_;
    const std::function<double()> dice_;
    std::optional<core::Instant> mended_;
    std::set<std::string> reported_; // listeners that this node does not have
    std::atomic<std::uint64_t> done_{0}, failed_{0}, givenUp_{0};
};

} // namespace outboxd::scheduler
