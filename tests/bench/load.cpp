// A small HTTP load generator: one thread, keep-alive connections, one JSON line as the result.
//
// Closed loop (no --rate): every connection asks again as soon as it has its answer. Finds the maximum, and says
// little about latency. Open loop (--rate): requests are due at a constant rate whatever the server does, and their
// latency counts from the moment in which they were due, also while they wait for a free connection; a server that
// stalls cannot slow its own measurement down.
#include "tests/bench/scenarios.hpp"

#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <iostream>
#include <map>
#include <optional>
#include <system_error>

namespace outboxd::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

struct Settings {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;
    double rate = 0; // per second; 0: closed loop
    double seconds = 10;
    double warmup = 1; // not counted, before `seconds`
    ScenarioSettings scenario;
};

nanoseconds fromSeconds(double seconds) { return nanoseconds{std::llround(seconds * 1e9)}; }

[[noreturn]] void fail(const char* doing) { throw std::system_error(errno, std::generic_category(), doing); }

struct Answer {
    int status = 0;
    std::size_t size = 0; // head and body
    std::string_view body;
    bool close = false;
};

// Empty while the answer is not complete.
std::optional<Answer> parse(std::string_view received) {
    const auto end = received.find("\r\n\r\n");
    if (end == std::string_view::npos || end < 12) return std::nullopt;
    const auto head = received.substr(0, end + 2);
    Answer answer;
    answer.status = std::stoi(std::string{head.substr(9, 3)});
    std::size_t length = 0;
    if (const auto place = head.find("Content-Length: "); place != std::string_view::npos)
        length = std::stoul(std::string{head.substr(place + 16, head.find('\r', place) - place - 16)});
    answer.close = head.find("onnection: close") != std::string_view::npos ||
                   head.find("onnection: Close") != std::string_view::npos;
    answer.size = end + 4 + length;
    if (received.size() < answer.size) return std::nullopt;
    answer.body = received.substr(end + 4, length);
    return answer;
}

struct Peer {
    int socket = -1;
    bool busy = false;
    Clock::time_point since; // what its latency counts from
    std::string received;
    std::string sending;
};

class Generator {
public:
    explicit Generator(const Settings& settings)
        : settings_(settings), scenario_(makeScenario(settings.scenario)), epoll_(epoll_create1(0)),
          timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)), peers_(settings.scenario.connections) {
        if (epoll_ < 0 || timer_ < 0) fail("epoll or timer");
        watch(timer_, EPOLLIN, peers_.size());
        for (std::size_t i = 0; i < peers_.size(); ++i) connectTo(i);
    }

    void run() {
        begin_ = Clock::now();
        counted_ = begin_ + fromSeconds(settings_.warmup);
        end_ = counted_ + fromSeconds(settings_.seconds);
        if (settings_.rate > 0) {
            for (std::size_t i = peers_.size(); i > 0; --i) idle_.push_back(i - 1);
            schedule();
        } else {
            for (std::size_t i = 0; i < peers_.size(); ++i) ask(i, begin_);
        }
        const auto giveUp = end_ + std::chrono::seconds{10};
        while (true) {
            const auto now = Clock::now();
            if (now >= end_ && (settings_.rate == 0 || (inFlight_ == 0 && due_.empty()) || now >= giveUp))
                break;
            wait();
        }
        unanswered_ = settings_.rate > 0 ? inFlight_ + due_.size() : 0;
    }

    void print() {
        std::sort(latencies_.begin(), latencies_.end());
        const auto at = [&](double share) {
            if (latencies_.empty()) return 0.0;
            const auto place = static_cast<std::size_t>(share * static_cast<double>(latencies_.size() - 1));
            return static_cast<double>(latencies_[place]) / 1e6;
        };
        std::string statuses;
        std::uint64_t good = 0;
        std::uint64_t all = 0;
        for (const auto& [status, count] : statuses_) {
            statuses += fmt::format("{}\"{}\":{}", statuses.empty() ? "" : ",", status, count);
            if (status == scenario_->expected()) good = count;
            all += count;
        }
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        fmt::print("{{\"scenario\":\"{}\",\"connections\":{},\"asked_per_s\":{},\"seconds\":{},\"good\":{},"
                   "\"good_per_s\":{:.1f},\"answers_per_s\":{:.1f},\"p50_ms\":{:.3f},\"p95_ms\":{:.3f},"
                   "\"p99_ms\":{:.3f},\"max_ms\":{:.3f},\"statuses\":{{{}}},\"broken\":{},\"unanswered\":{},"
                   "\"retry_after\":{},\"cpu_s\":{:.2f}}}\n",
                   settings_.scenario.name, peers_.size(), settings_.rate, settings_.seconds, good,
                   static_cast<double>(good) / settings_.seconds,
                   static_cast<double>(all) / settings_.seconds, at(0.5), at(0.95), at(0.99), at(1), statuses,
                   broken_, unanswered_, retryAfter_,
                   static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    }

private:
    void watch(int fd, std::uint32_t events, std::size_t number) const {
        epoll_event event{};
        event.events = events;
        event.data.u64 = number;
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
    }

    void connectTo(std::size_t number) {
        auto& peer = peers_[number];
        if (peer.socket >= 0) close(peer.socket);
        peer = {};
        peer.socket = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(settings_.port);
        inet_pton(AF_INET, settings_.host.c_str(), &address.sin_addr);
        if (connect(peer.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            fail("connecting");
        const int yes = 1;
        setsockopt(peer.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        watch(peer.socket, EPOLLIN | EPOLLRDHUP, number);
    }

    void ask(std::size_t number, Clock::time_point since) {
        auto& peer = peers_[number];
        peer.busy = true;
        peer.since = since;
        ++inFlight_;
        send(number);
    }

    // Requests are far smaller than a socket's buffer, so they are taken whole.
    void send(std::size_t number) {
        auto& peer = peers_[number];
        peer.sending.clear();
        scenario_->ask(number, peer.sending);
        const auto sent = ::send(peer.socket, peer.sending.data(), peer.sending.size(), MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(peer.sending.size())) lost(number);
    }

    void schedule() {
        const auto due = begin_ + fromSeconds(static_cast<double>(scheduled_) / settings_.rate);
        if (due >= end_) return;
        const auto left = std::max<std::int64_t>(1, (due - Clock::now()).count());
        itimerspec time{};
        time.it_value.tv_sec = left / 1'000'000'000;
        time.it_value.tv_nsec = left % 1'000'000'000;
        timerfd_settime(timer_, 0, &time, nullptr);
    }

    void tick() {
        std::uint64_t expirations = 0;
        if (read(timer_, &expirations, sizeof expirations) < 0 && errno != EAGAIN) fail("timer");
        const auto now = Clock::now();
        for (;; ++scheduled_) {
            const auto due = begin_ + fromSeconds(static_cast<double>(scheduled_) / settings_.rate);
            if (due > now || due >= end_) break;
            due_.push_back(due);
        }
        serveDue();
        schedule();
    }

    void serveDue() {
        while (!due_.empty() && !idle_.empty()) {
            const auto number = idle_.back();
            idle_.pop_back();
            const auto since = due_.front();
            due_.pop_front();
            ask(number, since);
        }
    }

    void wait() {
        epoll_event events[256];
        const int count = epoll_wait(epoll_, events, 256, 20);
        for (int i = 0; i < count; ++i) {
            const auto number = static_cast<std::size_t>(events[i].data.u64);
            if (number == peers_.size()) {
                tick();
            } else {
                receive(number);
            }
        }
    }

    void receive(std::size_t number) {
        auto& peer = peers_[number];
        char chunk[16 * 1024];
        const auto count = recv(peer.socket, chunk, sizeof chunk, MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0) return lost(number);
        peer.received.append(chunk, static_cast<std::size_t>(count));
        const auto answer = parse(peer.received);
        if (!answer || !peer.busy) return;
        if (peer.received.find("Retry-After: ") < peer.received.find("\r\n\r\n")) ++retryAfter_;
        const bool over = scenario_->answered(number, answer->status, answer->body);
        const bool close = answer->close;
        const int status = answer->status;
        peer.received.erase(0, answer->size);
        if (over) finish(number, status);
        if (close) {
            connectTo(number);
        }
        if (over) {
            next(number);
        } else {
            send(number);
        }
    }

    void finish(std::size_t number, int status) {
        auto& peer = peers_[number];
        peer.busy = false;
        --inFlight_;
        const auto now = Clock::now();
        // The closed loop counts what ended in time, the open loop what was due in time.
        const bool counts =
            settings_.rate > 0 ? peer.since >= counted_ && peer.since < end_ : now >= counted_ && now < end_;
        if (!counts) return;
        ++statuses_[status];
        if (status == scenario_->expected()) latencies_.push_back((now - peer.since).count());
    }

    void next(std::size_t number) {
        if (settings_.rate > 0) {
            idle_.push_back(number);
            serveDue();
        } else if (Clock::now() < end_) {
            ask(number, Clock::now());
        }
    }

    void lost(std::size_t number) {
        const bool busy = peers_[number].busy;
        if (busy) {
            ++broken_;
            --inFlight_;
            scenario_->answered(number, 0, {});
        }
        connectTo(number);
        if (busy) next(number);
    }

    const Settings settings_;
    const std::unique_ptr<Scenario> scenario_;
    const int epoll_;
    const int timer_;
    std::vector<Peer> peers_;
    std::vector<std::size_t> idle_;
    std::deque<Clock::time_point> due_;
    Clock::time_point begin_, counted_, end_;
    std::uint64_t scheduled_ = 0;
    std::size_t inFlight_ = 0;
    std::size_t unanswered_ = 0;
    std::uint64_t broken_ = 0;
    std::uint64_t retryAfter_ = 0;
    std::map<int, std::uint64_t> statuses_;
    std::vector<std::int64_t> latencies_; // nanoseconds, of the successes
};

} // namespace
} // namespace outboxd::bench

int main(int argc, char** argv) {
    using namespace outboxd::bench;
    CLI::App app{"HTTP load generator of outboxd's benchmarks"};
    Settings settings;
    app.add_option("scenario", settings.scenario.name, "authorize, order, claim, top5 or product")
        ->required();
    app.add_option("--host", settings.host, "numeric IPv4 address");
    app.add_option("--port", settings.port);
    app.add_option("--connections", settings.scenario.connections);
    app.add_option("--rate", settings.rate,
                   "requests per second; without it every connection asks at once again");
    app.add_option("--seconds", settings.seconds);
    app.add_option("--warmup", settings.warmup);
    app.add_option("--users", settings.scenario.users);
    app.add_option("--products", settings.scenario.products);
    app.add_option("--coupon", settings.scenario.coupon);
    CLI11_PARSE(app, argc, argv);
    try {
        Generator generator(settings);
        generator.run();
        generator.print();
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "load: " << error.what() << '\n';
        return 1;
    }
}
