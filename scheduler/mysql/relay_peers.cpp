#include "scheduler/mysql/relay_peers.hpp"

#include "sql/nodes.hpp"

namespace outboxd::scheduler::mysql {

void MysqlRelayPeers::beat() { database_.session()->execute(sql::nodes::relay_beat, {node_, incarnation_}); }

std::vector<std::string> MysqlRelayPeers::alive() {
    std::vector<std::string> names;
    for (const auto& row : database_.session()->query(sql::nodes::relaying, {silence_.count()}))
        names.push_back(row.bytes(0));
    return names;
}

void MysqlRelayPeers::withdraw() {
    database_.session()->execute(sql::nodes::relay_withdraw, {node_, incarnation_});
}

} // namespace outboxd::scheduler::mysql
