// What the exit status of outboxctl means.
#pragma once

namespace outboxd::ctl {

enum class ExitCode : int {
    ok = 0,
    refused = 1,        // the node says that this cannot be done, or the person at the terminal said no
    usage = 64,         // EX_USAGE: the command line
    unavailable = 69,   // EX_UNAVAILABLE: the node cannot be reached, or answers something else
    defect = 70,        // EX_SOFTWARE: ours or the node's
    no_output = 73,     // EX_CANTCREAT: the output could not be written
    try_again = 75,     // EX_TEMPFAIL: the node is busy or lacks its database
    no_permission = 77, // EX_NOPERM: the token is missing or not the right one
};

} // namespace outboxd::ctl
