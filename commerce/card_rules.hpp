// How long the shop waits for the gateway that charges cards, and when it asks again.
#pragma once

#include "platform/core/clock.hpp"

#include <chrono>
#include <cstdint>

namespace outboxd::commerce {

struct CardRules {
    std::chrono::milliseconds gatewayTimeout{3000}; // the longest that one call takes
    std::chrono::milliseconds grace{10'000};        // then whoever made the call is taken for dead
    // How long after a call was sent the gateway may still not know of it.
    std::chrono::milliseconds notFoundAfter{60'000};
    std::chrono::milliseconds firstInquiry{2000}; // doubled each time
    std::chrono::milliseconds longestInquiry{300'000};

    // From when on somebody else may ask the gateway what became of a call that begins now.
    core::Timestamp abandonedAt(core::Timestamp now) const { return now + gatewayTimeout + grace; }
    // When to ask again after `inquiries` in vain. The pauses of different things (`id`) are spread over the second
    // half of each, so that an outage of the gateway does not end in one burst.
    core::Timestamp nextInquiry(std::int64_t id, std::int64_t inquiries, core::Timestamp now) const;
};

} // namespace outboxd::commerce
