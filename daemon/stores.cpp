#include "daemon/stores.hpp"

namespace outboxd::daemon {
namespace {

// The relay's two readers, its marker and its leases, two threads of each listener and the jobs, each for a moment at a
// time.
constexpr std::size_t kWorkSessions = 14;
constexpr std::chrono::milliseconds kWorkWait{5000};

database::PoolSettings requestPool(const Settings& settings) {
    database::PoolSettings pool;
    pool.sessions = settings.database.poolSize;
    pool.waiters = settings.database.maxWaiting;
    pool.wait = settings.database.acquireTimeout;
    return pool;
}

database::PoolSettings workPool() {
    database::PoolSettings pool;
    pool.sessions = kWorkSessions;
    pool.wait = kWorkWait;
    return pool;
}

database::PoolSettings batchPool() {
    database::PoolSettings pool;
    pool.sessions = kBatchLeaders;
    return pool;
}

// One for each leader. A batch never waits long for a lock: others wait with it.
database::ConnectionSettings batchConnection(const Settings& settings) {
    auto connection = connectionSettings(settings);
    connection.lockWait = std::chrono::seconds{1};
    return connection;
}

} // namespace

database::ConnectionSettings connectionSettings(const Settings& settings) {
    const auto& from = settings.database;
    database::ConnectionSettings connection;
    connection.host = from.host;
    connection.port = from.port;
    connection.socket = from.socket;
    connection.user = from.user;
    connection.password = from.passwordFile.value.reveal();
    connection.schema = from.name;
    connection.connectTimeout = from.connectTimeout;
    connection.statementTimeout = from.statementTimeout;
    return connection;
}

Stores::Stores(const Settings& settings, const core::Clock& clock)
    : requestPool(connectionSettings(settings), daemon::requestPool(settings), clock),
      requests(requestPool, {}), batchPool(batchConnection(settings), daemon::batchPool(), clock),
      batches(batchPool, {.attempts = 1}), workPool(connectionSettings(settings), daemon::workPool(), clock),
      work(workPool, {}) {}

} // namespace outboxd::daemon
