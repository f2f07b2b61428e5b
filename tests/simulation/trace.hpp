// Writes a history down for whoever replays it; costs nothing when nobody does.
#pragma once

#include "tests/simulation/virtual_time.hpp"

#include <ostream>

namespace outboxd::simulation {

class Trace {
public:
    // `out` may be null.
    Trace(const Time& now, std::ostream* out) : now_(now), out_(out) {}

    template <class... Parts> void operator()(const Parts&... parts) const {
        if (out_ == nullptr) return;
        *out_ << now_.count() << ' ';
        (*out_ << ... << parts) << '\n';
    }
    explicit operator bool() const { return out_ != nullptr; }

private:
    const Time& now_;
    std::ostream* const out_;
};

} // namespace outboxd::simulation
