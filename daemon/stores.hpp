// The database as the parts of a node use it: requests and background work have sessions of their own, so that
// neither can starve the other.
#pragma once

#include "daemon/settings.hpp"
#include "platform/database/database.hpp"

namespace outboxd::daemon {

database::ConnectionSettings connectionSettings(const Settings& settings);

struct Stores {
    Stores(const Settings& settings, const core::Clock& clock);

    database::Pool requestPool;
    database::Database requests; // the API's
    database::Pool workPool;
    database::Database work; // relay, leases, jobs
};

} // namespace outboxd::daemon
