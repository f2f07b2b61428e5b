#include "platform/http/client.hpp"

#include "platform/http/body.hpp"
#include "platform/http/byte_stream.hpp"
#include "platform/http/resolver.hpp"
#include "platform/http/response_head.hpp"
#include "platform/http/tls_stream.hpp"

#include <Poco/Exception.h>
#include <Poco/Timespan.h>
#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace outboxd::http {
namespace {

using core::ErrorKind;
using Sent = NoReply::Sent;
using Result = std::variant<ClientReply, NoReply>;
using Opened = std::variant<std::unique_ptr<Stream>, NoReply>;

constexpr int kMostInterimAnswers = 8;

bool isPlain(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

std::string serialized(const ClientRequest& request, const Endpoint& endpoint) {
    if (!request.path.starts_with('/') || !isPlain(request.path) ||
        request.path.find(' ') != std::string::npos)
        throw core::Error(ErrorKind::internal, "the path of a request is not one");
    auto text = fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: outboxd\r\nConnection: close\r\n",
                            request.method, endpoint.prefix, request.path, endpoint.authority());
    for (const auto& [name, value] : request.headers.all()) {
        if (!std::ranges::all_of(name, isTokenChar) || !isPlain(value))
            throw core::Error(ErrorKind::internal,
                              "a field of a request has a character that does not belong there");
        text += fmt::format("{}: {}\r\n", name, value);
    }
    if (!request.body.empty() || request.method != "GET")
        text += fmt::format("Content-Length: {}\r\n", request.body.size());
    return text + "\r\n" + request.body;
}

} // namespace

class Client::Impl {
public:
    Impl(ClientSettings settings, const core::Clock& clock)
        : settings_(std::move(settings)), clock_(clock),
          resolver_(settings_.endpoint.host, settings_.endpoint.port, clock) {
        if (settings_.endpoint.tls) trust_.emplace(settings_.caFile);
    }

    Result call(const ClientRequest& request, core::Instant deadline) {
        const auto bytes = serialized(request, settings_.endpoint);
        auto opened = open(deadline);
        if (auto* const failed = std::get_if<NoReply>(&opened)) return std::move(*failed);
        auto& stream = *std::get<std::unique_ptr<Stream>>(opened);
        if (!stream.send(bytes, deadline)) return lost(deadline, "the request could not be sent");
        return receive(stream, request.method == "HEAD", deadline);
    }

private:
    NoReply notSent(ErrorKind kind, const std::string& why) const {
        return {Sent::nothing, kind, fmt::format("{}: {}", settings_.endpoint.authority(), why)};
    }
    NoReply unreadable(const std::string& why) const {
        return {Sent::maybe, ErrorKind::invalid_data,
                fmt::format("{}: {}", settings_.endpoint.authority(), why)};
    }
    // The connection ended, or the time did, after something was sent.
    NoReply lost(core::Instant deadline, const char* what) const {
        const bool late = clock_.now() >= deadline;
        return {Sent::maybe, late ? ErrorKind::timeout : ErrorKind::unavailable,
                fmt::format("{}: {}{}", settings_.endpoint.authority(), what, late ? " in time" : "")};
    }

    Opened open(core::Instant deadline) {
        auto resolved = resolver_.resolve(deadline);
        if (const auto* const failed = std::get_if<NotResolved>(&resolved))
            return notSent(failed->timedOut ? ErrorKind::timeout : ErrorKind::unavailable, failed->why);
        auto connected = connect(std::get<0>(resolved), deadline);
        if (auto* const failed = std::get_if<NoReply>(&connected)) return std::move(*failed);
        auto raw = std::make_unique<ByteStream>(std::move(std::get<ClientSocket>(connected)), clock_);
        if (!trust_) return Opened{std::move(raw)};

        auto tls = std::make_unique<TlsStream>(std::move(raw), *trust_, settings_.endpoint);
        const auto shaken = tls->handshake(deadline);
        if (shaken == Fill::data) return Opened{std::move(tls)};
        if (tls->untrusted()) return notSent(ErrorKind::misconfigured, tls->trouble());
        if (shaken == Fill::timedOut) return notSent(ErrorKind::timeout, "no TLS handshake in time");
        return notSent(ErrorKind::unavailable, tls->trouble());
    }

    // The addresses in turn, each with its share of the time that is left.
    std::variant<ClientSocket, NoReply> connect(const std::vector<Poco::Net::SocketAddress>& addresses,
                                                core::Instant deadline) const {
        auto last = notSent(ErrorKind::timeout, "not connected in time");
        for (std::size_t i = 0; i < addresses.size(); ++i) {
            const auto left = (deadline - clock_.now()) / static_cast<std::int64_t>(addresses.size() - i);
            if (left <= std::chrono::microseconds{0}) break;
            try {
                auto socket = std::make_unique<Poco::Net::StreamSocket>();
                socket->connect(addresses[i], Poco::Timespan(left.count()));
                return socket;
            } catch (const Poco::TimeoutException&) {
                last = notSent(ErrorKind::timeout, "not connected in time");
            } catch (const Poco::Exception& error) {
                last = notSent(ErrorKind::unavailable, error.displayText());
            }
        }
        return last;
    }

    Result receive(Stream& stream, bool withoutBody, core::Instant deadline) {
        for (int interim = 0; interim <= kMostInterimAnswers; ++interim) {
            std::size_t scanned = 0;
            Scan scan;
            while ((scan = scanHead(stream.received(), scanned)).state == ScanState::incomplete) {
                if (stream.received().size() > settings_.head.maxHeadBytes)
                    return unreadable("the answer's head is too large");
                if (stream.fill(deadline) != Fill::data) return lost(deadline, "no answer came");
            }
            if (scan.state == ScanState::malformed) return unreadable("the answer is not HTTP");
            auto parsed =
                parseResponseHead(std::string_view{stream.received()}.substr(0, scan.end), settings_.head);
            if (const auto* const problem = std::get_if<Problem>(&parsed)) return unreadable(problem->detail);
            stream.received().erase(0, scan.end);
            auto& head = std::get<ResponseHead>(parsed);
            if (head.status >= 200) return finish(stream, std::move(head), withoutBody, deadline);
        }
        return unreadable("too many interim answers");
    }

    Result finish(Stream& stream, ResponseHead head, bool withoutBody, core::Instant deadline) {
        const auto framing = responseFraming(head, withoutBody, settings_.maxBodyBytes);
        if (const auto* const problem = std::get_if<Problem>(&framing)) return unreadable(problem->detail);
        auto body = readBody(stream, std::get<BodyFraming>(framing),
                             {settings_.maxBodyBytes, settings_.head.maxHeadBytes}, deadline);
        if (std::holds_alternative<Disconnected>(body))
            return lost(deadline, "the answer did not arrive whole");
        if (const auto* const problem = std::get_if<Problem>(&body)) {
            if (problem->status == 408) return lost(deadline, "the answer did not arrive whole");
            return unreadable(problem->detail);
        }
        return ClientReply{head.status, std::move(head.headers), std::move(std::get<std::string>(body))};
    }

    const ClientSettings settings_;
    const core::Clock& clock_;
    Resolver resolver_;
    std::optional<TlsTrust> trust_; // with TLS
};

Client::Client(ClientSettings settings, const core::Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(settings), clock)) {}

Client::~Client() = default;

Result Client::call(const ClientRequest& request, core::Instant deadline) {
    return impl_->call(request, deadline);
}

} // namespace outboxd::http
