#include "scheduler/dead_letter_retry.hpp"

#include "platform/core/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace outboxd::scheduler {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kPage = 100;
constexpr auto kMendEvery = 1min;

// Whether a try says nothing about the letter. A commit whose end is not known is made again: effects happen once.
bool saysNothing(core::ErrorKind kind) {
    return core::isTransient(kind) || kind == core::ErrorKind::outcome_unknown;
}

Verdict tried(Listener& listener, const Delivery& record) {
    using Kind = Verdict::Kind;
    try {
        auto verdicts = listener.handle({&record, 1});
        if (verdicts.size() == 1) return std::move(verdicts.front());
        return {Kind::failed, fmt::format("the listener gave {} verdicts about one record", verdicts.size())};
    } catch (const core::Error& error) {
        return {saysNothing(error.kind()) ? Kind::deferred : Kind::failed, error.what()};
    } catch (const std::exception& error) {
        return {Kind::failed, error.what()};
    }
}

} // namespace

std::chrono::microseconds retryDelay(const RetryRules& rules, int retries, double dice) {
    auto time = std::min(rules.first, rules.longest);
    for (int i = 0; i < retries && time < rules.longest; ++i) time = std::min(2 * time, rules.longest);
    const std::chrono::microseconds half = std::chrono::microseconds{time} / 2;
    return half +
           std::chrono::microseconds{static_cast<std::int64_t>(static_cast<double>(half.count()) * dice)};
}

DeadLetterRetry::DeadLetterRetry(LettersToRetry& letters, std::vector<Listener*> listeners,
                                 const core::Clock& clock, core::Logger& logger, RetryRules rules,
                                 std::function<double()> dice)
    : letters_(letters), listeners_(std::move(listeners)), clock_(clock), logger_(logger), rules_(rules),
      dice_(std::move(dice)) {}

void DeadLetterRetry::run(const Term& term, const std::stop_token& cancelled) {
    if (!mended_ || clock_.now() - *mended_ >= kMendEvery) {
        if (const auto keys = letters_.mend(term); keys > 0)
            logger_.warning("dead_letter_keys_mended",
                            {{"keys", keys}, {"cause", "somebody changed dead letters by hand"}});
        mended_ = clock_.now();
    }
    std::set<std::string> strangers;
    for (const auto& name : letters_.listeners()) {
        if (cancelled.stop_requested()) return;
        const auto known = std::ranges::find_if(listeners_, [&](auto* one) { return one->name() == name; });
        if (known != listeners_.end()) {
            turn(**known, term, cancelled);
        } else if (!letters_.due(name, 1).empty()) {
            strangers.insert(name);
        }
    }
    report(strangers);
}

void DeadLetterRetry::turn(Listener& listener, const Term& term, const std::stop_token& cancelled) {
    const auto end = clock_.now() + rules_.turn;
    std::size_t tries = 0;
    for (;;) {
        const auto page = letters_.due(listener.name(), kPage);
        for (const auto id : page) {
            for (std::optional next{id}; next;) {
                if (cancelled.stop_requested() || tries++ == rules_.most || clock_.now() >= end) return;
                auto letter = letters_.letter(*std::exchange(next, std::nullopt));
                if (letter && !retry(listener, term, *letter, next)) return;
            }
        }
        if (page.size() < kPage) return;
    }
}

bool DeadLetterRetry::retry(Listener& listener, const Term& term, const DueLetter& letter,
                            std::optional<std::int64_t>& next) {
    const auto verdict = tried(listener, letter.record);
    switch (verdict.kind) {
    case Verdict::Kind::done:
    case Verdict::Kind::ignored:
        next = letters_.done(term, letter);
        ++done_;
        return true;
    case Verdict::Kind::refused:
    case Verdict::Kind::failed: failed(listener, term, letter, verdict); return true;
    case Verdict::Kind::deferred: break;
    }
    // Others first, next time: it may be for this letter alone that nobody answers.
    letters_.postpone(term, letter, retryDelay(rules_, 0, dice_()));
    return false;
}

void DeadLetterRetry::failed(const Listener& listener, const Term& term, const DueLetter& letter,
                             const Verdict& verdict) {
    std::optional<std::chrono::microseconds> again;
    if (verdict.kind == Verdict::Kind::failed && letter.retries + 1 < rules_.limit)
        again = retryDelay(rules_, letter.retries + 1, dice_());
    letters_.failed(term, letter, verdict.reason, again);
    ++failed_;
    if (again) return;
    ++givenUp_;
    logger_.error("dead_letter_held",
                  {{"listener", listener.name()},
                   {"letter", letter.id},
                   {"event_id", letter.record.id ? letter.record.id->text() : std::string{}},
                   {"attempts", letter.attempts + 1},
                   {"reason", verdict.reason},
                   {"consequence", "waits for a person: outboxctl dead-letters show"}});
}

void DeadLetterRetry::report(const std::set<std::string>& strangers) {
    if (strangers == reported_) return;
    reported_ = strangers;
    if (strangers.empty()) return;
    logger_.warning(
        "dead_letters_of_no_listener",
        {{"listeners", fmt::format("{}", fmt::join(strangers, " "))},
         {"consequence", "this node does not retry them; another one that has the listener does"}});
}

} // namespace outboxd::scheduler
