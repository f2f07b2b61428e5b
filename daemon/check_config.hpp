// outboxd check-config
#pragma once

#include "daemon/options.hpp"
#include "platform/config/reader.hpp"

#include <ostream>

namespace outboxd::daemon {

// Reports all mistakes to `errors`, or prints what was asked for to `out`.
ExitCode checkConfig(const Options& options, const config::Environment& environment, std::ostream& out,
                     std::ostream& errors);

// The mistakes as a person reads them, one a line, with the next step.
std::string mistakesText(const std::vector<config::Mistake>& mistakes);

} // namespace outboxd::daemon
