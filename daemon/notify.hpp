// Telling systemd how we are: sd_notify(3), which is one datagram to $NOTIFY_SOCKET.
#pragma once

#include "platform/config/reader.hpp"
#include "platform/core/clock.hpp"
#include "platform/core/logger.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace outboxd::daemon {

// Without a socket every call does nothing, so callers need not care whether systemd started them. A datagram
// that cannot be sent is logged once, never thrown. Used by one thread.
class Notifier {
public:
    // `address`: a path, or "@name" for the abstract namespace; empty for none.
    Notifier(std::string address, core::Logger& logger);
    ~Notifier();
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

    // `status`: one line that `systemctl status` shows; sent along so that state and status never disagree.
    void ready(std::string_view status);
    void status(std::string_view status);
    // Carries CLOCK_MONOTONIC, as newer versions of systemd demand; ready() ends the reload.
    void reloading();
    void stopping(std::string_view status);
    void watchdog();
    // Start-up or stop takes longer: asks for `more` from now before systemd gives up.
    void extendTimeout(std::chrono::microseconds more);

private:
    void send(const std::string& message);

    std::string address_;
    core::Logger& logger_;
    int socket_ = -1;
    bool failed_ = false;
};

// How often systemd wants to hear WATCHDOG=1 from this process ($WATCHDOG_USEC, $WATCHDOG_PID); empty if it
// does not.
std::optional<std::chrono::microseconds> watchdogLimit(const config::Environment& environment);

} // namespace outboxd::daemon
