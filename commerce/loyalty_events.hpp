// The events of loyalty points; see events.hpp.
#pragma once

#include "commerce/loyalty_books.hpp"
#include "commerce/ports.hpp"

namespace outboxd::commerce {

// PointsAdded, or PointsTakenBack if the movement has a refund.
OutboxEvent loyaltyMoved(const core::Clock& clock, const LoyaltyMovement& movement);

} // namespace outboxd::commerce
