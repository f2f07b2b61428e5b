// Commands are plain values; Valid<Command> is the proof that somebody looked at them.
//
//     auto checked = validate(PlaceOrder{...});
//     if (auto* invalid = std::get_if<Invalid>(&checked)) -> 400, one errors[] entry per problem
//     else placeOrder(transaction, rules, std::get<Valid<PlaceOrder>>(checked));
//
// Every command has `void check(Problems&) const`. The use cases accept Valid<Command> alone, so that no way
// in (API, command line, job) can forget the check, and none of them has to repeat it.
#pragma once

#include "platform/core/money.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace outboxd::commerce {

// Of one price, charge or authorization.
inline constexpr core::Money kMostAmount{1'000'000'000'000'000};
// No balance and no order total passes this: below 2^53, so that every JSON reader holds it exactly.
inline constexpr core::Money kMostBalance{9'000'000'000'000'000};

struct Problem {
    std::string pointer; // JSON pointer into the request's body: "/lines/3/quantity"
    std::string detail;  // what is allowed, in one sentence
};

// Never empty.
struct Invalid {
    std::vector<Problem> problems;
};

// Collects what is wrong with a command.
class Problems {
public:
    void add(std::string pointer, std::string detail) {
        found_.push_back({std::move(pointer), std::move(detail)});
    }
    // `text` must be valid UTF-8 without control characters, of `least` to `most` characters (code points).
    void length(std::string_view pointer, std::string_view text, std::size_t least, std::size_t most);
    void range(std::string_view pointer, std::int64_t number, std::int64_t least, std::int64_t most);
    void range(std::string_view pointer, core::Money money, core::Money least, core::Money most) {
        range(pointer, money.minorUnits(), least.minorUnits(), most.minorUnits());
    }

    bool none() const { return found_.empty(); }
    std::vector<Problem> take() { return std::move(found_); }

private:
    std::vector<Problem> found_;
};

template <class Command> class Valid;
template <class Command> std::variant<Valid<Command>, Invalid> validate(Command command);

template <class Command> class Valid {
public:
    const Command& operator*() const { return command_; }
    const Command* operator->() const { return &command_; }

private:
    friend std::variant<Valid<Command>, Invalid> validate<Command>(Command command);
    explicit Valid(Command command) : command_(std::move(command)) {}
    Command command_;
};

template <class Command> std::variant<Valid<Command>, Invalid> validate(Command command) {
    Problems problems;
    command.check(problems);
    if (!problems.none()) return Invalid{problems.take()};
    return Valid<Command>(std::move(command));
}

} // namespace outboxd::commerce
