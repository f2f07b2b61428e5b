// A desk of dead letters that remembers what was asked and answers what the test put there.
#pragma once

#include "scheduler/dead_letter_desk.hpp"

namespace outboxd::testing {

class FakeLetterDesk final : public scheduler::DeadLetterDesk {
public:
    scheduler::DeskList<scheduler::LetterLine> letters(const scheduler::LetterFilter& filter,
                                                       const scheduler::DeskPage& page) override {
        asked = filter;
        askedPage = page;
        return listed;
    }
    scheduler::LetterGroups groups(const scheduler::LetterFilter& filter, int) override {
        asked = filter;
        return {{{.listener = "ranking", .fingerprint = "0123456789abcdef", .letters = 5, .example = 7}},
                false};
    }
    std::optional<scheduler::LetterView> letter(std::int64_t id) override {
        if (id != 7) return std::nullopt;
        return shown;
    }
    scheduler::LettersTaken retry(const scheduler::LetterOrder& order) override {
        retries.push_back(order);
        return answer;
    }
    scheduler::LettersTaken discard(const scheduler::LetterOrder& order) override {
        discards.push_back(order);
        return answer;
    }

    scheduler::DeskList<scheduler::LetterLine> listed;
    scheduler::LetterView shown;
    scheduler::LetterFilter asked;
    scheduler::DeskPage askedPage;
    scheduler::LettersTaken answer{
        .letters = 3, .orders = {9}, .notFound = {4}, .parked = {5}, .upTo = 70, .next = 60};
    std::vector<scheduler::LetterOrder> retries, discards;
};

} // namespace outboxd::testing
