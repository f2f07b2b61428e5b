#include "daemon/signals.hpp"

#include "platform/core/error.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace outboxd::daemon {

Signals::Signals() {
    sigemptyset(&handled_);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&handled_, number);
    descriptor_ = signalfd(-1, &handled_, SFD_CLOEXEC | SFD_NONBLOCK);
    if (descriptor_ < 0)
        throw core::Error(core::ErrorKind::internal, "the kernel gave no descriptor for signals");
    pthread_sigmask(SIG_BLOCK, &handled_, &before_);
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, &pipeBefore_);
}

Signals::~Signals() {
    while (next()) {
    }
    close(descriptor_);
    sigaction(SIGPIPE, &pipeBefore_, nullptr);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<Signal> Signals::wait(std::chrono::milliseconds longest) {
    pollfd readable{descriptor_, POLLIN, 0};
    poll(&readable, 1, static_cast<int>(longest.count()));
    return next();
}

std::optional<Signal> Signals::next() {
    signalfd_siginfo info{};
    if (read(descriptor_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
    return info.ssi_signo == SIGHUP ? Signal::reload : Signal::stop;
}

void Signals::letNextStopKill() {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL; // an ignored SIGINT may have been inherited from a background shell job
    sigset_t stops;
    sigemptyset(&stops);
    for (const int number : {SIGTERM, SIGINT}) {
        sigaction(number, &standard, nullptr);
        sigaddset(&stops, number);
    }
    pthread_sigmask(SIG_UNBLOCK, &stops, nullptr);
}

} // namespace outboxd::daemon
