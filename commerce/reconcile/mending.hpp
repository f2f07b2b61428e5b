// What came of looking at a finding again, under locks.
#pragma once

#include <string>
#include <variant>

namespace outboxd::commerce::reconcile {

struct Mended {
    std::string what;
};
struct AllRight {};
struct ForPerson {
    std::string why;
};
using Mending = std::variant<Mended, AllRight, ForPerson>;

} // namespace outboxd::commerce::reconcile
