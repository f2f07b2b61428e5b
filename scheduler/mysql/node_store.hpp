// What a node writes about itself: its heartbeat and the history of its jobs.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/job.hpp"

namespace outboxd::scheduler::mysql {

struct NodeIdentity {
    std::string name;        // node.name: one live process each
    std::string incarnation; // unique per process start
    std::string roles;
    std::string version;
};

// Thread-safe, as is the other.
class MysqlNodeRegistry {
public:
    MysqlNodeRegistry(database::Database& database, NodeIdentity identity)
        : database_(database), identity_(std::move(identity)) {}

    void enter();
    // Throws Error(misconfigured) if another process entered under the same name since.
    void beat();

private:
    database::Database& database_;
    const NodeIdentity identity_;
};

class MysqlJobHistory final : public JobHistory {
public:
    MysqlJobHistory(database::Database& database, std::string node, const core::Clock& clock)
        : database_(database), node_(std::move(node)), clock_(clock) {}
    void add(const JobRun& run) override;

private:
    database::Database& database_;
    const std::string node_;
    const core::Clock& clock_;
};

} // namespace outboxd::scheduler::mysql
