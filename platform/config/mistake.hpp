// Something in the configuration that a person has to correct.
#pragma once

#include <string>

namespace outboxd::config {

struct Mistake {
    std::string where; // "etc/outboxd.yaml:12:3" or "OUTBOXD_DATABASE_PORT"
    std::string what;  // one sentence without a full stop, never with a secret in it

    std::string text() const { return where + ": " + what; }
};

} // namespace outboxd::config
