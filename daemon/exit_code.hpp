// What the process's exit status means: sysexits.h, so that systemd units and scripts can tell a mistake that
// a person must correct (64, 77, 78: do not restart) from trouble that passes (69, 70, 75: restart).
#pragma once

#include "platform/core/error.hpp"

#include <string>

namespace outboxd::daemon {

enum class ExitCode : int {
    ok = 0,
    violations = 1,     // the audit, verify or the online check found something
    usage = 64,         // EX_USAGE: the command line
    invalid_data = 65,  // EX_DATAERR: what another party wrote breaks its contract
    unavailable = 69,   // EX_UNAVAILABLE: a service cannot be reached
    defect = 70,        // EX_SOFTWARE: ours
    no_output = 73,     // EX_CANTCREAT: the output could not be written
    try_again = 75,     // EX_TEMPFAIL: a time limit, contention, overload
    no_permission = 77, // EX_NOPERM: the operating system refused
    configuration = 78, // EX_CONFIG: a setting is wrong
};

ExitCode exitCodeFor(core::ErrorKind kind);

// "outboxd: WHAT\n  next step: HINT\n" for a terminal or the journal; the second line only with a hint.
std::string failureText(const core::Error& error);

} // namespace outboxd::daemon
