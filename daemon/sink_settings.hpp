// How to reach the brokers, and how topics are made: for the relay, the listeners and the commands.
#pragma once

#include "daemon/settings.hpp"
#include "scheduler/kafka/settings.hpp"

namespace outboxd::daemon {

scheduler::kafka::SinkSettings sinkSettings(const Settings& settings);

} // namespace outboxd::daemon
