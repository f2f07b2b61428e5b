#include "platform/http/server.hpp"

#include "platform/core/error.hpp"
#include "platform/http/connection.hpp"
#include "platform/http/refusals.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Runnable.h>
#include <Poco/ThreadPool.h>
#include <condition_variable>
#include <fmt/format.h>
#include <memory>
#include <mutex>
#include <poll.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>

namespace outboxd::http {

namespace {

constexpr int kBacklog = 1024;
constexpr int kThreadIdleSeconds = 60;
// Handlers call the database client; that needs some 100 KB at its deepest. Only touched pages cost memory.
constexpr int kStackBytes = 1024 * 1024;
// A thread is given back a moment after its connection has been counted off.
constexpr int kSpareThreads = 32;
constexpr int kSweepMilliseconds = 50;

class EventFd {
public:
    EventFd() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (fd_ < 0) throw core::Error(core::ErrorKind::unavailable, "no event descriptor can be opened");
    }
    ~EventFd() { close(fd_); }
    EventFd(const EventFd&) = delete;
    EventFd& operator=(const EventFd&) = delete;

    int fd() const { return fd_; }
    void ring() const { eventfd_write(fd_, 1); }

private:
    int fd_;
};

} // namespace

class Server::Impl {
public:
    Impl(ServerSettings settings, Handler& handler, const core::Clock& clock, core::Logger& logger,
         Observer* observer)
        : settings_(std::move(settings)), context_{settings_, handler, clock, logger, observer},
          refusals_(clock) {}

    void start();
    void stop();

    const ServerSettings settings_;
    std::atomic<std::uint16_t> port_{0};
    std::atomic<std::size_t> open_{0};
    std::atomic<std::uint64_t> refused_{0};

private:
    // A connection and the thread pool's way to run it. Owned by sessions_ until its thread is done.
    struct Session final : Poco::Runnable {
        Session(Impl& server, ClientSocket socket, std::string address)
            : server(server), connection(std::move(socket), std::move(address), server.context_) {}
        void run() override {
            connection.run();
            server.finished(this); // destroys *this
        }

        Impl& server;
        Connection connection;
    };

    void acceptUntilStopped();
    void acceptOne();
    void admit(ClientSocket socket, std::string address);
    void finished(Session* session);

    ConnectionContext context_;
    Refusals refusals_; // the acceptor's
    Poco::Net::ServerSocket listener_;
    std::unique_ptr<EventFd> wake_;
    std::unique_ptr<Poco::ThreadPool> pool_;
    std::thread acceptor_;

    std::mutex mutex_;
    std::condition_variable quiet_;                                   // with mutex_: running_ has become 0
    std::unordered_map<Session*, std::unique_ptr<Session>> sessions_; // guarded by mutex_
    std::size_t running_ = 0;                                         // guarded by mutex_
};

void Server::Impl::start() {
    if (acceptor_.joinable()) return;
    const auto address = fmt::format("{}:{}", settings_.host, settings_.port);
    try {
        listener_ = Poco::Net::ServerSocket();
        // Not SO_REUSEPORT, which Poco's shorter overload sets too: a second daemon would share the port
        // unnoticed.
        listener_.bind(Poco::Net::SocketAddress(settings_.host, settings_.port), true, false);
        listener_.listen(kBacklog);
        listener_.setBlocking(false);
    } catch (const Poco::Exception& error) {
        listener_ = Poco::Net::ServerSocket();
        throw core::Error(
            core::ErrorKind::misconfigured,
            fmt::format("cannot listen on {}: {}", address, error.displayText()),
            fmt::format("change {0}.host or {0}.port, or stop what uses that port", settings_.setting));
    }
    wake_ = std::make_unique<EventFd>();
    pool_ = std::make_unique<Poco::ThreadPool>(1, settings_.maxConnections + kSpareThreads,
                                               kThreadIdleSeconds, kStackBytes);
    context_.draining = false;
    port_ = listener_.address().port();
    acceptor_ = std::thread([this] { acceptUntilStopped(); });
    context_.logger.info("http_listening",
                         {{"server", settings_.name}, {"address", listener_.address().toString()}});
}

void Server::Impl::stop() {
    if (!acceptor_.joinable()) return;
    context_.draining = true;
    wake_->ring();
    acceptor_.join();
    listener_.close();
    port_ = 0;
    {
        std::unique_lock lock(mutex_);
        for (const auto& [session, owner] : sessions_) session->connection.closeIfIdle();
        if (!quiet_.wait_for(lock, settings_.drainTimeout, [this] { return running_ == 0; })) {
            context_.logger.warning("http_drain_timeout",
                                    {{"server", settings_.name}, {"connections", running_}});
            for (const auto& [session, owner] : sessions_) session->connection.cut();
            quiet_.wait(lock, [this] { return running_ == 0; });
        }
    }
    pool_->joinAll();
    pool_.reset();
    wake_.reset();
}

void Server::Impl::acceptUntilStopped() {
    while (!context_.draining) {
        pollfd waits[] = {{wake_->fd(), POLLIN, 0}, {listener_.impl()->sockfd(), POLLIN, 0}};
        poll(waits, 2, refusals_.empty() ? -1 : kSweepMilliseconds);
        refusals_.sweep();
        if (waits[1].revents != 0 && !context_.draining) acceptOne();
    }
}

void Server::Impl::acceptOne() {
    try {
        Poco::Net::SocketAddress client;
        auto socket = std::make_unique<Poco::Net::StreamSocket>(listener_.acceptConnection(client));
        if (open_ >= static_cast<std::size_t>(settings_.maxConnections)) {
            ++refused_;
            refusals_.refuse(std::move(socket));
        } else {
            admit(std::move(socket), client.host().toString());
        }
    } catch (const Poco::TimeoutException&) {
        return; // the client was gone before it was accepted
    } catch (const std::exception& error) {
        // Out of descriptors, say. The connection stays in the kernel's queue: do not spin on it.
        context_.logger.warning("http_accept_failed", {{"server", settings_.name}, {"error", error.what()}});
        pollfd wake{wake_->fd(), POLLIN, 0};
        poll(&wake, 1, 100);
    }
}

void Server::Impl::admit(ClientSocket socket, std::string address) {
    auto owner = std::make_unique<Session>(*this, std::move(socket), std::move(address));
    auto* session = owner.get();
    ++open_;
    {
        const std::lock_guard lock(mutex_);
        sessions_.emplace(session, std::move(owner));
        ++running_;
    }
    try {
        pool_->start(*session);
    } catch (const Poco::Exception& error) { // the machine gives no more threads
        context_.logger.warning("http_thread_failed",
                                {{"server", settings_.name}, {"error", error.displayText()}});
        ++refused_;
        refusals_.refuse(session->connection.release());
        finished(session);
    }
}

void Server::Impl::finished(Session* session) {
    decltype(sessions_)::node_type gone;
    {
        const std::lock_guard lock(mutex_);
        gone = sessions_.extract(session); // from here on stop() cannot reach its socket
    }
    gone = {}; // closes the socket, before the session counts as finished
    --open_;
    const std::lock_guard lock(mutex_);
    if (--running_ == 0) quiet_.notify_all();
}

Server::Server(ServerSettings settings, Handler& handler, const core::Clock& clock, core::Logger& logger,
               Observer* observer)
    : impl_(std::make_unique<Impl>(std::move(settings), handler, clock, logger, observer)) {}

Server::~Server() { stop(); }

std::string_view Server::name() const { return impl_->settings_.name; }

void Server::start() { impl_->start(); }

void Server::stop() { impl_->stop(); }

std::uint16_t Server::port() const { return impl_->port_; }

std::size_t Server::connections() const { return impl_->open_; }

std::uint64_t Server::refusedConnections() const { return impl_->refused_; }

} // namespace outboxd::http
