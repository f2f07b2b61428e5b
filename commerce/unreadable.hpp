// An event that the shop cannot read, since it is not as docs/events.md says.
#pragma once

#include <string>

namespace outboxd::commerce {

struct Unreadable {
    std::string reason; // one sentence that names the field, without its value
};

} // namespace outboxd::commerce
