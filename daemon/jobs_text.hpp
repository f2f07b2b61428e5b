// The jobs of a node as a person reads them, for check-config.
#pragma once

#include "daemon/settings.hpp"

#include <string>

namespace outboxd::daemon {

// Each job with its schedule in words, its lock and its next planned times after `now`; a paragraph of lines.
std::string jobsText(const Settings& settings, core::Timestamp now);

} // namespace outboxd::daemon
