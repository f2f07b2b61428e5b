// outboxd check-config --online: whether the servers of the configuration can be reached, and whether they are set up so
// that the promises hold.
#pragma once

#include "daemon/configuration.hpp"
#include "daemon/exit_code.hpp"

#include <ostream>

namespace outboxd::daemon {

// Changes nothing, waits at most some seconds for each server. `violations` if something weakens a promise; throws
// core::Error when a server cannot be asked.
ExitCode checkOnline(const Configuration& configuration, std::ostream& out);

} // namespace outboxd::daemon
