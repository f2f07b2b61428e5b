// outboxd verify
#pragma once

#include "daemon/configuration.hpp"
#include "daemon/options.hpp"

#include "platform/core/logger.hpp"
#include "scheduler/verify.hpp"

#include <functional>
#include <ostream>

namespace outboxd::daemon {

// What a comparison is made of.
struct TopicComparison {
    std::vector<std::string> topics;
    std::int64_t fromId = 1; // the first event
    std::string since = {};  // RFC 3339: events created then or later
    // Records written before are left alone: none is of an event that is looked at. Empty: all that there are.
    std::optional<core::Timestamp> recordsSince = {};
    std::function<bool()> goOn = {}; // asked now and then; empty: to the end
};
// Empty: it was to end. Throws core::Error.
std::optional<scheduler::Verdict> compareTopics(const Settings& settings, const TopicComparison& comparison,
                                                core::Logger& logger, const core::Clock& clock);

// Compares the outbox with the topics as they are at the start, and prints what does not agree. Changes nothing, unless
// lost events shall be sent once more; writers, nodes and consumers may be at work. Throws core::Error.
ExitCode verify(const Configuration& configuration, const VerifyOrder& order, std::ostream& out);

} // namespace outboxd::daemon
