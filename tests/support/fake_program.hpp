// The main() of the fakes that are programs: a fake, and beside it the port on which it is told how to behave.
#pragma once

#include "platform/http/server.hpp"
#include "tests/support/memory_logger.hpp"

#include <csignal>
#include <cstdio>
#include <string>

namespace outboxd::testing {

// Prints `NAME=http://...` and `control=http://...` and serves until SIGTERM or SIGINT. Returns the exit status. To be
// called before any thread is started. `Control` is made with the fake.
template <class Fake, class Control, class Settings>
int serveFake(const std::string& name, const Settings& settings, std::uint16_t controlPort) {
    // Blocked before any thread is started, so that only sigwait() below receives them.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    try {
        Fake fake(settings);
        fake.start();
        Control control(fake);
        const core::SystemClock clock;
        MemoryLogger logger(core::LogLevel::error);
        http::ServerSettings controlServer;
        controlServer.port = controlPort;
        controlServer.drainTimeout = std::chrono::milliseconds{0};
        http::Server server(controlServer, control, clock, logger);
        server.start();
        std::printf("%s=%s\ncontrol=http://127.0.0.1:%u\n", name.c_str(), fake.url().c_str(), server.port());
        std::fflush(stdout);
        int received = 0;
        sigwait(&ends, &received);
        server.stop();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "outboxd-fake%s: %s\n", name.c_str(), error.what());
        return 69;
    }
    return 0;
}

} // namespace outboxd::testing
