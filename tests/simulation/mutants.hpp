// Rules that can be switched off, one at a time: a simulation that does not notice proves nothing.
#pragma once

#include <array>
#include <string_view>

namespace outboxd::simulation {

enum class Mutant {
    none,
    no_read_fence,      // reads answer former holders, too
    gapless_off,        // a refused batch does not stop what follows it in its session
    cursor_without_b,   // nobody looks at or below the cursor
    b_before_a,         // late commits are looked for first
    mark_without_fence, // a mark commits whoever holds the lane
    redrive_outside_owner, // the operator moves held rows by himself, and no owner looks what it parks rows behind
    unpinned_partitions, // keys are spread over as many partitions as there are now
    whole_batch_failed,  // the broker's refusal of a batch is a verdict on each of its records
    fence_without_lock, // the fence reads the lease, but does not keep others from taking it until the commit
    looks_without_last_fence, // a read of several looks does not ask for the lease again at its end
    partition_opened_by_many, // several requests in flight to a partition that knows nothing of the producer
    sync_without_refresh,     // the owner settles, and does not look at pauses and pins
    taken_without_refresh,    // nor does who takes a lane
    skip_passes_parked, // with `skip`, rows wait behind what is PAUSED, and not behind what waits for it
    count_beside_mark,  // reads take known rows for queued although a mark may take them out meanwhile
    solo_in_batches,    // a solo session that sends more than one record in a batch
};

inline constexpr std::array kMutants{
    std::string_view{"none"},
    std::string_view{"no read fence"},
    std::string_view{"gapless off"},
    std::string_view{"cursor without B"},
    std::string_view{"B before A"},
    std::string_view{"mark without fence"},
    std::string_view{"redrive outside the owner"},
    std::string_view{"unpinned partitions"},
    std::string_view{"whole batch marked FAILED"},
    std::string_view{"fence without lock"},
    std::string_view{"several looks without a last fence"},
    std::string_view{"a partition opened by many requests"},
    std::string_view{"sync without refresh"},
    std::string_view{"a lane taken without refresh"},
    std::string_view{"skip passes what is parked"},
    std::string_view{"a count beside a mark"},
    std::string_view{"solo in batches"},
};

inline std::string_view name(Mutant mutant) { return kMutants[static_cast<std::size_t>(mutant)]; }

} // namespace outboxd::simulation
