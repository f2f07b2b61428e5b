// Which nodes share the lanes.
#pragma once

#include <string>
#include <vector>

namespace outboxd::scheduler {

// Every call throws core::Error when the database cannot answer.
class RelayPeers {
public:
    virtual ~RelayPeers() = default;
    // This node takes lanes, from now on and until it falls silent.
    virtual void beat() = 0;
    // The names of the nodes that take lanes, this one perhaps among them; without those that fell silent, by the
    // database's clock.
    virtual std::vector<std::string> alive() = 0;
    // This node takes no lanes any more: the others need not wait for its silence.
    virtual void withdraw() = 0;
};

} // namespace outboxd::scheduler
