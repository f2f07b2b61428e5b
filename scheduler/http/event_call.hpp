// An event as a call to a receiver, and what the answer means. docs/listeners.md is the contract. Pure.
#pragma once

#include "platform/http/client.hpp"
#include "platform/http/webhook.hpp"
#include "scheduler/consumer.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace outboxd::scheduler::http {

namespace wire = outboxd::http;

// Why an event can never be told, in one sentence.
struct Untellable {
    std::string reason;
};

// What the receiver is told. The same bytes whenever the event comes again.
std::variant<std::string, Untellable> bodyOf(const Delivery& event);

// `event` has an id; `at`: when it is sent.
wire::ClientRequest callFor(const Delivery& event, const std::string& path, std::string body,
                            const wire::WebhookSecret& secret, std::chrono::sys_seconds at);

enum class CallOutcome {
    accepted,    // 2xx
    refused,     // its answer will be no other next time
    failed,      // it, or something between, could not do it now; it may have done it all the same
    throttled,   // too many calls (429): not done, whichever event it is
    unreachable, // not a byte of the event was sent
};

std::string_view name(CallOutcome outcome);

struct Reading {
    CallOutcome outcome = CallOutcome::accepted;
    std::string
        reason; // of anything but accepted: one sentence of printable UTF-8, with the beginning of the answer
    // The receiver works: it judged the event, whatever it said. Else the circuit breaker counts a failure, but for throttled.
    bool sound = false;
    std::optional<std::chrono::seconds> pause = {}; // until when it wants to be left alone; bounded
};

inline constexpr std::chrono::seconds kLongestPause{60};

// `now` is what a date in Retry-After is compared with.
Reading readAnswer(const std::variant<wire::ClientReply, wire::NoReply>& answer, core::Timestamp now);

} // namespace outboxd::scheduler::http
