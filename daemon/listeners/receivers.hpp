// Who is told of the shop's events by HTTP, and of which: docs/listeners.md.
#pragma once

#include "daemon/listeners/listeners.hpp"

#include <optional>

namespace outboxd::daemon {

// What a customer would be told about an order: paid, not paid, money back, cancelled, expired. Empty: notification.url is.
std::optional<ListenerEntry> notification(const ListenerParts& parts);

// Orders that were paid, and what went back of that. Empty: data_platform.url is.
std::optional<ListenerEntry> dataPlatform(const ListenerParts& parts);

} // namespace outboxd::daemon
