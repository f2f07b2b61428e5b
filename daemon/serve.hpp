// outboxd serve, outboxd migrate
#pragma once

#include "daemon/configuration.hpp"
#include "daemon/exit_code.hpp"

namespace outboxd::daemon {

// Runs until SIGTERM or SIGINT. Throws core::Error when it cannot start.
ExitCode serve(Configuration& configuration, const config::Environment& environment,
               const std::string& version);

// Brings the database's schema up to date and says what was done. Throws core::Error.
ExitCode migrate(const Configuration& configuration);

} // namespace outboxd::daemon
