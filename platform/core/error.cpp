#include "platform/core/error.hpp"

namespace outboxd::core {

std::string_view name(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::unavailable: return "unavailable";
    case ErrorKind::overloaded: return "overloaded";
    case ErrorKind::contention: return "contention";
    case ErrorKind::timeout: return "timeout";
    case ErrorKind::outcome_unknown: return "outcome_unknown";
    case ErrorKind::misconfigured: return "misconfigured";
    case ErrorKind::invalid_data: return "invalid_data";
    case ErrorKind::internal: return "internal";
    }
    return "internal";
}

bool isTransient(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::unavailable:
    case ErrorKind::overloaded:
    case ErrorKind::contention:
    case ErrorKind::timeout: return true;
    default: return false;
    }
}

Error::Error(ErrorKind kind, const std::string& what, std::string hint)
    : std::runtime_error(what), kind_(kind), hint_(std::move(hint)) {}

} // namespace outboxd::core
