// How large a simulated world is and how it is set, rolled from its seed: small worlds meet their corners often.
#pragma once

#include "tests/simulation/dice.hpp"
#include "tests/simulation/process.hpp"

namespace outboxd::simulation {

struct Shape {
    int nodes, lanes, topics, partitions, brokers, keys, writes, steps;
    unsigned trouble; // of 1,000 steps, how many are faults
    unsigned refused; // one of so many events is refused by the broker or the client
    unsigned haste;   // the database executes a statement at once in this many of 8 cases
    Time lease;
    ProcessSettings process;

    static Shape of(Dice& dice);
};

} // namespace outboxd::simulation
