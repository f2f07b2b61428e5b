// SIGTERM, SIGINT and SIGHUP as values that the main thread waits for.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace outboxd::daemon {

enum class Signal {
    stop,   // SIGTERM or SIGINT
    reload, // SIGHUP
};

// Blocks the three signals in the calling thread and ignores SIGPIPE, so it must be made before any other
// thread: they inherit the mask, and no handler ever interrupts anything. Used by one thread. When destroyed,
// it discards signals that are still pending and restores what was.
class Signals {
public:
    Signals(); // throws core::Error(internal) if the kernel gives no descriptor
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    // The next signal, or nothing after `longest`. The main thread feeds the watchdog in between.
    std::optional<Signal> wait(std::chrono::milliseconds longest);

    // From now on SIGTERM and SIGINT end the process at once: called when draining begins, so that a second
    // Ctrl-C or SIGTERM does what an impatient person means. Kills right away if one is pending.
    void letNextStopKill();

private:
    std::optional<Signal> next(); // a pending signal, without waiting

    sigset_t handled_{};
    sigset_t before_{};
    struct sigaction pipeBefore_ {};
    int descriptor_ = -1;
};

} // namespace outboxd::daemon
