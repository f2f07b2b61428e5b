// The nodes that share the lanes, by their rows in the table node.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/relay_peers.hpp"

namespace outboxd::scheduler::mysql {

// Thread-safe.
class MysqlRelayPeers final : public RelayPeers {
public:
    // `node` and `incarnation` as in the node's own row; a node without a beat for `silence` counts no more.
    MysqlRelayPeers(database::Database& database, std::string node, std::string incarnation,
                    std::chrono::microseconds silence)
        : database_(database), node_(std::move(node)), incarnation_(std::move(incarnation)),
          silence_(silence) {}

    void beat() override;
    std::vector<std::string> alive() override;
    void withdraw() override;

private:
    database::Database& database_;
    const std::string node_, incarnation_;
    const std::chrono::microseconds silence_;
};

} // namespace outboxd::scheduler::mysql
