// From the settings to those who may come in.
#pragma once

#include "api/credentials.hpp"
#include "daemon/settings.hpp"

namespace outboxd::daemon {

// Throws core::Error(misconfigured) for what checkTogether would have named.
api::Credentials credentialsFrom(const EdgeSettings& settings);

} // namespace outboxd::daemon
