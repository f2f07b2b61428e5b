#include "daemon/notify.hpp"

#include "platform/config/units.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace outboxd::daemon {
namespace {

// A newline would end the status and begin another assignment.
std::string statusLine(std::string_view status) {
    std::string line{"STATUS="};
    for (const char letter : status) line += letter == '\n' ? ' ' : letter;
    return line;
}

std::int64_t monotonicMicroseconds() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

} // namespace

Notifier::Notifier(std::string address, core::Logger& logger)
    : address_(std::move(address)), logger_(logger) {
    if (!address_.empty()) socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

Notifier::~Notifier() {
    if (socket_ >= 0) close(socket_);
}

void Notifier::ready(std::string_view status) { send("READY=1\n" + statusLine(status)); }

void Notifier::status(std::string_view status) { send(statusLine(status)); }

void Notifier::reloading() { send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonicMicroseconds())); }

void Notifier::stopping(std::string_view status) { send("STOPPING=1\n" + statusLine(status)); }

void Notifier::watchdog() { send("WATCHDOG=1"); }

void Notifier::extendTimeout(std::chrono::microseconds more) {
    send(fmt::format("EXTEND_TIMEOUT_USEC={}", more.count()));
}

void Notifier::send(const std::string& message) {
    if (address_.empty()) return;
    sockaddr_un peer{};
    peer.sun_family = AF_UNIX;
    int problem = ENAMETOOLONG;
    if (address_.size() < sizeof peer.sun_path) {
        std::memcpy(peer.sun_path, address_.data(), address_.size());
        if (address_.front() == '@') peer.sun_path[0] = '\0';
        // An abstract name is all the bytes that the length covers, so the length is exact.
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
        const auto sent = sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                 reinterpret_cast<const sockaddr*>(&peer), length);
        if (sent == static_cast<ssize_t>(message.size())) return;
        problem = errno;
    }
    if (!failed_)
        logger_.warning("notify_failed",
                        {{"socket", address_}, {"error", std::generic_category().message(problem)}});
    failed_ = true;
}

std::optional<std::chrono::microseconds> watchdogLimit(const config::Environment& environment) {
    const auto number = [&](const char* name) -> std::optional<std::int64_t> {
        const auto found = environment.find(name);
        if (found == environment.end()) return std::nullopt;
        const auto parsed = config::parseInteger(found->second);
        const auto* value = std::get_if<std::int64_t>(&parsed);
        return value ? std::optional{*value} : std::nullopt;
    };
    const auto limit = number("WATCHDOG_USEC");
    if (!limit || *limit <= 0) return std::nullopt;
    if (environment.contains("WATCHDOG_PID") && number("WATCHDOG_PID") != getpid())
        return std::nullopt; // another's
    return std::chrono::microseconds{*limit};
}

} // namespace outboxd::daemon
