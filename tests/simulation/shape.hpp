// How large a simulated world is and how it is set, rolled from its seed: small worlds meet their corners often.
#pragma once

#include "tests/simulation/dice.hpp"
#include "tests/simulation/process.hpp"

#include <array>

namespace outboxd::simulation {

// What happens in a step.
enum class Act { write, wait, order, look, database, brokers, client, rules };
inline constexpr std::size_t kActs = 8;

struct Shape {
    int nodes, lanes, topics, partitions, brokers, keys, writes, steps;
    std::array<unsigned, kActs> weights; // how often each Act happens
    unsigned trouble;                    // of 1,000 steps, how many are faults
    bool sniper;             // strikes between the statements of a call, and between the records of a batch
    unsigned faults, orders; // which kinds there are, a bit each: few of many shows more than all at once
    unsigned late;           // one of so many transactions stays open for a while
    unsigned hot;            // behind one of so many somebody waits for the same key
    unsigned refused;        // one of so many events is refused by the broker or the client
    unsigned haste;          // the database executes a statement at once in this many of 8 cases
    Time lease;
    ProcessSettings process;

    static Shape of(Dice& dice);
    Act next(Dice& dice) const;
};

} // namespace outboxd::simulation
