#include "platform/http/refusals.hpp"

#include "platform/http/problem.hpp"
#include "platform/http/response_writer.hpp"
#include "platform/http/trace.hpp"

#include <Poco/Exception.h>
#include <algorithm>
#include <array>
#include <sys/socket.h>

namespace outboxd::http {

namespace {

constexpr std::size_t kMostWaiting = 256;
constexpr std::chrono::seconds kLongest{1};

// True when the client has hung up.
bool readAway(Poco::Net::StreamSocket& socket) {
    std::array<char, 4096> chunk; // NOLINT: filled by the socket
    try {
        int count = 0;
        do {
            count = socket.receiveBytes(chunk.data(), static_cast<int>(chunk.size()));
        } while (count > 0);
        return count == 0;
    } catch (const Poco::Exception&) {
        return true;
    }
}

} // namespace

void Refusals::refuse(ClientSocket socket) {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(clock_.today().time_since_epoch()).count();
    const auto requestId = newRequestId();
    const Problem problem{.status = 503,
                          .code = "overloaded",
                          .detail = "Too many connections are open. Try again in a moment.",
                          .retryAfter = std::chrono::seconds{1}};
    const auto answer =
        serialize(toResponse(problem, {}, {}), {.requestId = requestId, .date = now, .close = true});
    try {
        socket->setBlocking(false);
        socket->sendBytes(answer.data(), static_cast<int>(answer.size()), MSG_NOSIGNAL);
        socket->shutdownSend();
    } catch (const Poco::Exception&) {
        return; // gone already
    }
    if (waiting_.size() >= kMostWaiting) waiting_.pop_front();
    waiting_.push_back({std::move(socket), clock_.now() + kLongest});
}

void Refusals::sweep() {
    const auto now = clock_.now();
    std::erase_if(waiting_,
                  [&](Waiting& waiting) { return waiting.until <= now || readAway(*waiting.socket); });
}

} // namespace outboxd::http
