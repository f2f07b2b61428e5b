// How one log line looks. Pure functions, so that the form can be tested byte by byte.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/core/logger.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace outboxd::log {

enum class Form {
    json,   // one object a line: time, level, event, node, then the fields
    text,   // time LEVEL event key=value ...
    colour, // the same with terminal colours
};

struct LineHead {
    core::Timestamp time;
    core::LogLevel level;
    std::string_view event;
    std::string_view node;
};

// One line with its newline. Whatever a field holds, the line stays one line of valid UTF-8: control
// characters (also the C1 range, which terminals obey) are escaped, bytes that are not UTF-8 become U+FFFD,
// and a text over 8 KiB is cut. A field named like one of the head's gets an underscore behind it.
std::string formatLine(Form form, const LineHead& head, std::initializer_list<core::LogField> fields);

// "warning" and so on; the names that log.level accepts.
std::string_view name(core::LogLevel level);

// sd-daemon(3): 3 error, 4 warning, 6 info, 7 debug.
int syslogPriority(core::LogLevel level);

} // namespace outboxd::log
