// The events of orders before they are paid and when they end unpaid; see events.hpp.
#pragma once

#include "commerce/ports.hpp"

#include <optional>
#include <string>

namespace outboxd::commerce {

// `traceparent` becomes a header of the event; the other arguments its payload.
OutboxEvent orderPlaced(const core::Clock& clock, const Order& order,
                        const std::optional<std::string>& traceparent);
// On the user's request.
OutboxEvent orderCancelled(const core::Clock& clock, const Order& order,
                           const std::optional<std::string>& traceparent);
OutboxEvent orderExpired(const core::Clock& clock, const Order& order,
                         const std::optional<std::string>& traceparent);

} // namespace outboxd::commerce
