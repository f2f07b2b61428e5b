// outboxd audit
#pragma once

#include "daemon/configuration.hpp"
#include "daemon/exit_code.hpp"

#include <ostream>

namespace outboxd::daemon {

// Asks the database whether its tables agree with each other, and prints what does not. Changes nothing; the shop may be
// at work. Throws core::Error.
ExitCode audit(const Configuration& configuration, std::ostream& out);

} // namespace outboxd::daemon
