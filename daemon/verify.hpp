// outboxd verify
#pragma once

#include "daemon/configuration.hpp"
#include "daemon/options.hpp"

#include <ostream>

namespace outboxd::daemon {

// Compares the outbox with the topics as they are at the start, and prints what does not agree. Changes nothing, unless
// lost events shall be sent once more; writers, nodes and consumers may be at work. Throws core::Error.
ExitCode verify(const Configuration& configuration, const VerifyOrder& order, std::ostream& out);

} // namespace outboxd::daemon
