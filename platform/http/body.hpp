// Reads the body of a request or an answer whole, within bounds. Internal to platform/http.
#pragma once

#include "platform/http/byte_stream.hpp"
#include "platform/http/head.hpp"

#include <string>
#include <variant>

namespace outboxd::http {

// The other side hung up, or the connection was cut.
struct Disconnected {};

struct BodyLimits {
    std::size_t maxBytes = 64 * 1024;
    std::size_t maxTrailerBytes = 16 * 1024;
};

// Consumes exactly the body from `stream`; what follows it stays in stream.received(). Trailer fields are
// checked and forgotten. After a Problem the stream's position is unknown: answer it and close.
std::variant<std::string, Problem, Disconnected> readBody(Stream& stream, const BodyFraming& framing,
                                                          const BodyLimits& limits, core::Instant deadline);

} // namespace outboxd::http
