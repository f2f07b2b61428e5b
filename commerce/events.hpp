// The shop's events, as docs/events.md promises them to consumers. A change that an old consumer could not
// read needs a new `version`.
#pragma once

#include "commerce/order_events.hpp"
#include "commerce/points.hpp"
#include "commerce/ports.hpp"

#include <optional>
#include <string>

namespace outboxd::commerce {

// `traceparent` becomes a header of the event; the other arguments its payload.
OutboxEvent pointsCharged(const core::Clock& clock, const Charged& charged,
                          const std::optional<std::string>& traceparent);
// `order.completedAt` is set.
OutboxEvent paymentCompleted(const core::Clock& clock, const Order& order, const Payment& payment,
                             const std::optional<std::string>& traceparent);
OutboxEvent paymentAuthorized(const core::Clock& clock, const Payment& payment,
                              const std::optional<std::string>& traceparent);

} // namespace outboxd::commerce
