#include "daemon/exit_code.hpp"

namespace outboxd::daemon {

ExitCode exitCodeFor(core::ErrorKind kind) {
    switch (kind) {
    case core::ErrorKind::unavailable: return ExitCode::unavailable;
    case core::ErrorKind::overloaded:
    case core::ErrorKind::contention:
    case core::ErrorKind::timeout:
    case core::ErrorKind::outcome_unknown: return ExitCode::try_again;
    case core::ErrorKind::misconfigured: return ExitCode::configuration;
    case core::ErrorKind::invalid_data: return ExitCode::invalid_data;
    case core::ErrorKind::internal: return ExitCode::defect;
    }
    return ExitCode::defect;
}

std::string failureText(const core::Error& error) {
    auto text = std::string{"outboxd: "} + error.what() + "\n";
    if (!error.hint().empty()) text += "  next step: " + error.hint() + "\n";
    return text;
}

} // namespace outboxd::daemon
