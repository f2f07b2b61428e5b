// Who wants to know how requests went: metrics are bound here, so that this folder knows no metrics library.
#pragma once

#include <chrono>
#include <string_view>

namespace outboxd::http {

struct RequestSummary {
    std::string_view route;  // the template, "unmatched", or "edge" for what no handler saw
    std::string_view method; // one of those that are known, or "other"
    int status = 0;
    std::chrono::microseconds duration{0}; // from the complete request to the answer's last byte
};

// Called by many threads at once; must not throw and must not block. Views live for the call only.
class Observer {
public:
    virtual ~Observer() = default;
    // A handler is about to run. Each call is followed by one requestFinished.
    virtual void requestStarted() = 0;
    virtual void requestFinished(const RequestSummary& summary) = 0;
    // A request was answered by the edge itself: malformed, too large or too slow.
    virtual void requestRefused(const RequestSummary& summary) = 0;
};

} // namespace outboxd::http
