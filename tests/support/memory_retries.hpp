// Letters for the retries in memory, as the table keeps them: the first of a key is due, held or waits, the others are
// parked. Not thread-safe.
#pragma once

#include "scheduler/dead_letter_retry.hpp"
#include "tests/support/manual_clock.hpp"

#include <algorithm>
#include <map>

namespace outboxd::testing {

class MemoryRetries final : public scheduler::LettersToRetry {
public:
    struct Letter {
        scheduler::DueLetter letter = {};
        std::string listener = {};
        std::optional<core::Instant> due = {}; // empty: held, or parked
        std::string error = {};
        bool parked = false;
    };

    explicit MemoryRetries(const core::Clock& clock) : clock_(clock) {}

    std::int64_t add(const std::string& listener, const std::string& key) {
        const auto id = static_cast<std::int64_t>(all.size() + 1);
        const bool parked = std::ranges::any_of(all, [&](const auto& other) {
            return other.second.listener == listener && other.second.letter.record.key == key;
        });
        auto& letter = all[id];
        letter.listener = listener;
        letter.letter.id = letter.letter.record.offset = id;
        letter.letter.attempts = 3;
        letter.letter.record.key = key;
        letter.parked = parked;
        if (!parked) letter.due = clock_.now();
        return id;
    }
    void fence() { lost_ = true; }

    std::vector<std::string> listeners() override {
        std::set<std::string> names;
        for (const auto& [id, letter] : all) names.insert(letter.listener);
        return {names.begin(), names.end()};
    }
    std::vector<std::int64_t> due(std::string_view listener, std::size_t most) override {
        std::vector<std::pair<core::Instant, std::int64_t>> found;
        for (const auto& [id, letter] : all)
            if (letter.listener == listener && letter.due && *letter.due <= clock_.now())
                found.emplace_back(*letter.due, id);
        std::ranges::sort(found);
        if (found.size() > most) found.resize(most);
        std::vector<std::int64_t> ids;
        for (const auto& [due, id] : found) ids.push_back(id);
        return ids;
    }
    std::optional<scheduler::DueLetter> letter(std::int64_t id) override {
        const auto found = all.find(id);
        if (found == all.end() || !found->second.due || *found->second.due > clock_.now())
            return std::nullopt;
        return found->second.letter;
    }
    std::optional<std::int64_t> done(const scheduler::Term& term,
                                     const scheduler::DueLetter& letter) override {
        check(term);
        const auto gone = all.extract(letter.id);
        for (auto& [id, other] : all) {
            if (other.listener != gone.mapped().listener || other.letter.record.key != letter.record.key)
                continue;
            other.parked = false;
            other.due = clock_.now();
            return id;
        }
        return std::nullopt;
    }
    void failed(const scheduler::Term& term, const scheduler::DueLetter& letter, const std::string& error,
                std::optional<std::chrono::microseconds> again) override {
        check(term);
        auto& found = all.at(letter.id);
        ++found.letter.attempts;
        ++found.letter.retries;
        found.error = error;
        found.due.reset();
        if (again) found.due = clock_.now() + *again;
    }
    void postpone(const scheduler::Term& term, const scheduler::DueLetter& letter,
                  std::chrono::microseconds time) override {
        check(term);
        all.at(letter.id).due = clock_.now() + time;
    }
    std::size_t mend(const scheduler::Term&) override {
        ++mends;
        return 0;
    }

    std::map<std::int64_t, Letter> all;
    int mends = 0;

private:
    void check(const scheduler::Term& term) const {
        if (lost_) throw scheduler::TermLost(term);
    }

    const core::Clock& clock_;
    bool lost_ = false;
};

} // namespace outboxd::testing
