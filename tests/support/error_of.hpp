// The error that a piece of work throws, as a value to look at.
#pragma once

#include "platform/core/error.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>

namespace outboxd::testing {

// Fails the test case if `work` throws nothing.
template <class Work> core::Error errorOf(Work&& work) {
    try {
        std::forward<Work>(work)();
    } catch (const core::Error& error) {
        return error;
    }
    BOOST_FAIL("nothing was thrown");
    throw; // not reached
}

} // namespace outboxd::testing

namespace outboxd::core {

inline std::ostream& operator<<(std::ostream& out, ErrorKind kind) { return out << name(kind); }

} // namespace outboxd::core
