// The unit of all durations among the settings.
#pragma once

#include <chrono>

namespace outboxd::daemon {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;
using Duration = std::chrono::milliseconds;

} // namespace outboxd::daemon
