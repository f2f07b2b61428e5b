// What a handler sees of HTTP: plain values, no socket, no library type.
#pragma once

#include "platform/core/clock.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outboxd::http {

// Header fields in the order of arrival. Names compare without regard to case (RFC 9110, 5.1); values are the
// bytes that were sent, trimmed, never decoded.
class Headers {
public:
    using Field = std::pair<std::string, std::string>;

    void add(std::string name, std::string value);
    // The first value of that name.
    std::optional<std::string_view> get(std::string_view name) const;
    // How often the name occurs: whoever relies on a single value checks this.
    std::size_t count(std::string_view name) const;

    const std::vector<Field>& all() const { return fields_; }

private:
    std::vector<Field> fields_;
};

bool equalsIgnoringCase(std::string_view left, std::string_view right);

struct Request {
    std::string method;  // one of GET HEAD POST PUT PATCH DELETE OPTIONS TRACE QUERY
    std::string rawPath; // as it was sent, without the query
    std::string path;    // percent-decoded, valid UTF-8, no control characters, begins with '/'
    std::vector<std::pair<std::string, std::string>> query; // decoded, in order, duplicates kept
    Headers headers;
    std::string body;          // complete
    std::string requestId;     // the client's X-Request-Id if it is well formed, else a new one
    std::string traceparent;   // the client's W3C trace context if it is well formed, else a new one
    std::string clientAddress; // numeric, without port
    core::Instant deadline;    // work that is not done by then is of no use to the client

    // The 32 hexadecimal digits in the middle of the traceparent.
    std::string_view traceId() const {
        return traceparent.size() >= 35 ? std::string_view{traceparent}.substr(3, 32) : std::string_view{};
    }
};

struct Response {
    int status = 200;
    std::string contentType = "application/json"; // empty: the header is left out
    std::string body;
    // Further fields. A value with a control character makes the answer a 500: nothing of it is sent.
    Headers headers;
    // The template that matched ("/api/v1/orders/{orderId}"), for metrics; must outlive the handler's owner.
    std::string_view route = "unmatched";
};

// Called by many threads at once. What it throws is answered with 500 and logged.
class Handler {
public:
    virtual ~Handler() = default;
    virtual Response handle(const Request& request) = 0;
};

} // namespace outboxd::http
