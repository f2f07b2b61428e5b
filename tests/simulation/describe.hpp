// The rules' events and actions in words, for a traced history.
#pragma once

#include "scheduler/relay_protocol.hpp"

#include <string>

namespace outboxd::simulation {

std::string describe(const scheduler::relay::Event& event);
std::string describe(const scheduler::relay::Action& action);

} // namespace outboxd::simulation
