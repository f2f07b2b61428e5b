// The simulation has the power that it claims: with a rule switched off, some history within 10,000 breaks a promise.
#include "tests/simulation/seeds.hpp"
#include "tests/simulation/world.hpp"

#include <boost/test/unit_test.hpp>

#include <iostream>

using namespace outboxd::simulation;

namespace {

void mustDie(Mutant mutant) {
    const auto seeds = numberFrom("OUTBOXD_TEST_SEEDS", kSeeds);
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        if (const auto breach = simulate(seed, mutant)) {
            std::cout << "'" << name(mutant) << "' died at seed " << seed << ": " << *breach << '\n';
            BOOST_TEST(true);
            return;
        }
    }
    BOOST_TEST(false, "'" << name(mutant) << "' lives through " << seeds << " seeds");
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay_mutants)

BOOST_AUTO_TEST_CASE(reads_without_a_fence_die) { mustDie(Mutant::no_read_fence); }
BOOST_AUTO_TEST_CASE(a_producer_that_is_not_gapless_dies) { mustDie(Mutant::gapless_off); }
BOOST_AUTO_TEST_CASE(a_cursor_without_poll_b_dies) { mustDie(Mutant::cursor_without_b); }
BOOST_AUTO_TEST_CASE(poll_b_before_poll_a_dies) { mustDie(Mutant::b_before_a); }
BOOST_AUTO_TEST_CASE(a_mark_without_a_fence_dies) { mustDie(Mutant::mark_without_fence); }
BOOST_AUTO_TEST_CASE(a_redrive_outside_the_owner_dies) { mustDie(Mutant::redrive_outside_owner); }
BOOST_AUTO_TEST_CASE(unpinned_partitions_die) { mustDie(Mutant::unpinned_partitions); }
BOOST_AUTO_TEST_CASE(a_whole_batch_marked_failed_dies) { mustDie(Mutant::whole_batch_failed); }

// Rules that are easily taken for granted.
BOOST_AUTO_TEST_CASE(a_fence_that_locks_nothing_dies) { mustDie(Mutant::fence_without_lock); }
BOOST_AUTO_TEST_CASE(several_looks_without_a_last_fence_die) { mustDie(Mutant::looks_without_last_fence); }
BOOST_AUTO_TEST_CASE(a_partition_opened_by_many_requests_dies) { mustDie(Mutant::partition_opened_by_many); }
BOOST_AUTO_TEST_CASE(a_lane_taken_without_looking_at_pauses_and_pins_dies) {
    mustDie(Mutant::taken_without_refresh);
}
BOOST_AUTO_TEST_CASE(skipping_past_parked_rows_dies) { mustDie(Mutant::skip_passes_parked); }
BOOST_AUTO_TEST_CASE(a_count_of_known_rows_beside_a_mark_dies) { mustDie(Mutant::count_beside_mark); }
BOOST_AUTO_TEST_CASE(a_solo_session_that_sends_batches_dies) { mustDie(Mutant::solo_in_batches); }
BOOST_AUTO_TEST_CASE(a_sync_that_does_not_look_again_dies) { mustDie(Mutant::sync_without_refresh); }

BOOST_AUTO_TEST_SUITE_END()
