#include "platform/http/connection.hpp"

#include "platform/http/response_writer.hpp"
#include "platform/http/target.hpp"
#include "platform/http/trace.hpp"

#include <Poco/Exception.h>

namespace outboxd::http {

namespace {

constexpr std::chrono::milliseconds kLingerTime{1'000};

std::time_t calendar(const core::Clock& clock) {
    return std::chrono::duration_cast<std::chrono::seconds>(clock.today().time_since_epoch()).count();
}

} // namespace

Connection::Connection(ClientSocket socket, std::string clientAddress, ConnectionContext& context)
    : stream_(std::move(socket), context.clock), clientAddress_(std::move(clientAddress)), context_(context) {
}

void Connection::run() noexcept {
    auto next = Next::request;
    try {
        while (next == Next::request) next = serveOne();
        if (next == Next::linger) stream_.linger(context_.clock.now() + kLingerTime);
    } catch (const std::exception& error) {
        context_.logger.error("http_connection_failed",
                              {{"client", clientAddress_}, {"error", error.what()}});
    }
}

void Connection::closeIfIdle() {
    if (idle_) stream_.shutdownReceive();
}

Connection::Next Connection::serveOne() {
    auto next = Next::close;
    if (!awaitHead(next)) return next;

    auto& received = stream_.received();
    auto parsed = parseHead(std::string_view{received}.substr(0, headEnd_), context_.settings.head);
    received.erase(0, headEnd_);
    if (const auto* problem = std::get_if<Problem>(&parsed)) return refuse(*problem);
    auto& head = std::get<RequestHead>(parsed);

    method_ = head.method;
    if (const auto id = head.headers.get("X-Request-Id"); id && isRequestId(*id)) requestId_ = *id;
    if (const auto trace = head.headers.get("traceparent");
        trace && isTraceparent(*trace) && head.headers.count("traceparent") == 1) {
        traceparent_ = trace->substr(0, 55);
    }

    auto target = parseTarget(head.target);
    if (!target)
        return refuse({400, "malformed_request", "The path or query is not properly percent-encoded."});
    rawPath_ = target->rawPath;

    const auto& settings = context_.settings;
    auto framed = bodyFraming(head, settings.maxBodyBytes);
    if (const auto* problem = std::get_if<Problem>(&framed)) return refuse(*problem);
    const auto& framing = std::get<BodyFraming>(framed);

    if (framing.continueExpected && received.empty() &&
        !stream_.send("HTTP/1.1 100 Continue\r\n\r\n", context_.clock.now() + settings.sendTimeout))
        return Next::close;
    auto body = readBody(stream_, framing, {settings.maxBodyBytes, settings.head.maxHeadBytes},
                         context_.clock.now() + settings.bodyTimeout);
    if (const auto* problem = std::get_if<Problem>(&body)) return refuse(*problem);
    if (std::holds_alternative<Disconnected>(body)) return Next::close;

    Request request;
    request.method = method_;
    request.rawPath = std::move(target->rawPath);
    request.path = std::move(target->path);
    request.query = std::move(target->query);
    request.headers = std::move(head.headers);
    request.body = std::move(std::get<std::string>(body));
    request.requestId = requestId_;
    request.traceparent = traceparent_;
    request.clientAddress = clientAddress_;
    return answer(request, framing, head.minorVersion);
}

bool Connection::awaitHead(Next& next) {
    const auto& settings = context_.settings;
    auto& received = stream_.received();
    method_ = "other";
    rawPath_.clear();
    next = Next::close;
    if (received.empty()) {
        // Announce idleness before looking at the flag; stop() sets the flag before looking for idle ones. So
        // one of the two sees the other.
        idle_ = true;
        const bool arrived =
            !context_.draining && stream_.fill(context_.clock.now() + settings.idleTimeout) == Fill::data;
        idle_ = false;
        if (!arrived) return false;
    }
    requestId_ = newRequestId();
    traceparent_ = newTraceparent();

    const auto deadline = context_.clock.now() + settings.headerTimeout;
    std::size_t scanned = 0;
    bool emptyLineSkipped = false;
    for (;;) {
        // RFC 9112, 2.2: one empty line before a request is forgiven.
        if (!emptyLineSkipped && received.compare(0, 2, "\r\n") == 0) {
            received.erase(0, 2);
            scanned = 0;
            emptyLineSkipped = true;
        }
        // What cannot become a request (TLS on this port, say) is not waited for.
        if (!received.empty() && !isTokenChar(received[0]) && received != "\r") {
            next = refuse({400, "malformed_request", "This is not an HTTP request."});
            return false;
        }
        const auto scan = scanHead(received, scanned);
        if (scan.state == ScanState::malformed) {
            next = refuse({400, "malformed_request", "A line of the head does not end with CR LF."});
            return false;
        }
        const bool complete = scan.state == ScanState::complete;
        if ((complete ? scan.end : received.size()) > settings.head.maxHeadBytes) {
            next = received.find('\n') > settings.head.maxTargetBytes + 64
                       ? refuse({414, "uri_too_long", "The request target is too long."})
                       : refuse({431, "header_too_large", "The header fields are too large."});
            return false;
        }
        if (complete) {
            headEnd_ = scan.end;
            return true;
        }
        const auto filled = stream_.fill(deadline);
        if (filled == Fill::closed) return false;
        if (filled == Fill::timedOut) {
            next = refuse({408, "request_timeout", "The head of the request did not arrive in time."});
            return false;
        }
    }
}

// The edge's own answer. Where the next request would begin is unknown, so the connection ends.
Connection::Next Connection::refuse(const Problem& problem) {
    auto response = toResponse(problem, rawPath_, std::string_view{traceparent_}.substr(3, 32));
    const auto now = context_.clock.now();
    stream_.send(serialize(response, {.requestId = requestId_,
                                      .date = calendar(context_.clock),
                                      .close = true,
                                      .withoutBody = method_ == "HEAD"}),
                 now + context_.settings.sendTimeout);
    if (context_.observer)
        context_.observer->requestRefused({"edge", method_, problem.status, context_.clock.now() - now});
    context_.logger.debug("http_request_refused", {{"client", clientAddress_},
                                                   {"request_id", requestId_},
                                                   {"status", problem.status},
                                                   {"reason", problem.detail}});
    return Next::linger;
}

Connection::Next Connection::answer(Request& request, const BodyFraming& framing, int minorVersion) {
    const auto start = context_.clock.now();
    request.deadline = start + context_.settings.requestTimeout;
    if (context_.observer) context_.observer->requestStarted();
    const auto response = handled(request);

    const bool close = !framing.keepAlive || context_.draining;
    const bool sent = stream_.send(serialize(response, {.requestId = requestId_,
                                                        .date = calendar(context_.clock),
                                                        .close = close,
                                                        .keepAlive10 = minorVersion == 0,
                                                        .withoutBody = request.method == "HEAD"}),
                                   context_.clock.now() + context_.settings.sendTimeout);
    const auto duration = context_.clock.now() - start;
    if (context_.observer)
        context_.observer->requestFinished({response.route, method_, response.status, duration});
    logAccess(request, response, duration);
    if (!sent) return Next::close;
    return close ? Next::linger : Next::request;
}

Response Connection::handled(const Request& request) {
    std::string trouble;
    try {
        auto response = context_.handler.handle(request);
        if (isSafe(response)) return response;
        trouble = "the handler made a header field with a control character";
    } catch (const std::exception& error) {
        trouble = error.what();
    }
    context_.logger.error("http_handler_failed", {{"request_id", request.requestId},
                                                  {"method", request.method},
                                                  {"path", request.rawPath},
                                                  {"error", trouble}});
    return toResponse(Problem{}, request);
}

void Connection::logAccess(const Request& request, const Response& response,
                           std::chrono::microseconds duration) {
    if (!context_.logger.enabled(context_.settings.accessLog)) return;
    context_.logger.write(context_.settings.accessLog, "http_request",
                          {{"method", request.method},
                           {"path", request.rawPath},
                           {"route", response.route},
                           {"status", response.status},
                           {"ms", static_cast<double>(duration.count()) / 1000.0},
                           {"bytes", response.body.size()},
                           {"client", request.clientAddress},
                           {"request_id", request.requestId},
                           {"trace_id", request.traceId()}});
}

} // namespace outboxd::http
