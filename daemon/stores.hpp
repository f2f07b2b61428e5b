// The database as the parts of a node use it: requests and background work have sessions of their own, so that
// neither can starve the other.
#pragma once

#include "daemon/settings.hpp"
#include "platform/database/database.hpp"

namespace outboxd::daemon {

database::ConnectionSettings connectionSettings(const Settings& settings);

// Batches of authorizations under way at once: one is being written while the other is flushed to disk.
inline constexpr std::size_t kBatchLeaders = 2;

struct Stores {
    Stores(const Settings& settings, const core::Clock& clock);

    database::Pool requestPool;
    database::Database requests; // the API's
    database::Pool batchPool;
    database::Database
        batches; // authorizations that share a transaction; neither retries nor waits for locks
    database::Pool workPool;
    database::Database work; // relay, leases, jobs
};

} // namespace outboxd::daemon
