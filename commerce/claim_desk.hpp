// Where users claim first-come coupons.
//
// Those who come while others are being served are served together: one commit then carries as many claims as came in its
// time (combiner.hpp), which is what lets thousands a second through.
#pragma once

#include "commerce/claim_filter.hpp"
#include "commerce/combiner.hpp"

#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <span>

namespace outboxd::commerce {

// Thread-safe; the callers' threads do the work.
class ClaimDesk {
public:
    // Since construction.
    struct Figures {
        std::uint64_t queued = 0;   // new claims
        std::uint64_t repeated = 0; // that were there already
        std::uint64_t soldOut = 0;
        std::uint64_t refused = 0; // for any other reason
        std::uint64_t failed = 0;  // neither: the queue could not be asked
        std::uint64_t batches = 0;
        std::uint64_t filtered = 0; // of all these: the filter spared the database a write, or all of it
    };

    // References must outlive the desk.
    ClaimDesk(ClaimQueue& queue, ClaimFilter& filter,
              CombinerSettings settings = {.leaders = 2, .largest = 256, .wait = std::chrono::seconds{1}})
        : queue_(queue), filter_(filter), combiner_(settings, [this](auto items) { serve(items); }) {}

    // Durable when it returns. The same user and coupon get the same claim as it stands, however often. Throws what
    // the queue throws: then it may or may not stand in the queue, and claiming again tells. Error(overloaded): its
    // turn did not come in time, and nothing was done.
    ClaimResult claim(const ClaimRequest& request);

    Figures figures() const;

private:
    struct Item {
        ClaimRequest request;
        std::optional<ClaimResult> result = {};
        std::exception_ptr error = {};
    };

    void serve(std::span<Item* const> items) noexcept;
    std::vector<ClaimResult> answers(const std::vector<ClaimRequest>& requests, Figures& figures);

    ClaimQueue& queue_;
    ClaimFilter& filter_;
    Combiner<Item> combiner_;
    mutable std::mutex mutex_;
    Figures figures_; // guarded by mutex_
};

} // namespace outboxd::commerce
