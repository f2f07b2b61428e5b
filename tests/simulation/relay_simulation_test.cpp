// The relay's promises in every history: three nodes and everything that can go wrong at once.
// One seed is one history; a failing seed is printed and can be run alone, see docs/testing.md.
#include "tests/simulation/seeds.hpp"
#include "tests/simulation/world.hpp"

#include <boost/test/unit_test.hpp>

#include <iostream>

using namespace outboxd::simulation;

BOOST_AUTO_TEST_SUITE(relay_simulation)

BOOST_AUTO_TEST_CASE(the_promises_hold_in_every_history) {
    if (const auto chosen = numberFrom("OUTBOXD_TEST_SEED", 0); chosen != 0) {
        const auto mutant = static_cast<Mutant>(numberFrom("OUTBOXD_TEST_MUTANT", 0));
        const auto breach = simulate(chosen, mutant, &std::cerr);
        BOOST_TEST(!breach, breach.value_or("") << " (seed " << chosen << ")");
        return;
    }
    const auto first = numberFrom("OUTBOXD_TEST_FIRST_SEED", 1);
    const auto last = first + numberFrom("OUTBOXD_TEST_SEEDS", kSeeds);
    int failures = 0;
    for (auto seed = first; seed < last && failures < 5; ++seed) {
        const auto breach = simulate(seed, Mutant::none);
        BOOST_TEST(!breach, breach.value_or("") << "; replay it with OUTBOXD_TEST_SEED=" << seed);
        failures += breach ? 1 : 0;
    }
}

BOOST_AUTO_TEST_SUITE_END()
