#include "daemon/doorbell.hpp"

#include <algorithm>

namespace outboxd::daemon {

using namespace std::chrono_literals;

namespace {

constexpr auto kSpacing = 1ms;
constexpr auto kLookForPeers = 1s;
constexpr auto kAfterTrouble = 1s;

} // namespace

Doorbell::Doorbell(Settings settings, redis::Client& redis, scheduler::RelayPeers& peers,
                   const core::Clock& clock, core::Logger& logger, std::function<void()> wakeRelay)
    : settings_(std::move(settings)), redis_(redis), peers_(peers), clock_(clock), logger_(logger),
      wakeRelay_(std::move(wakeRelay)), subscriber_(settings_.redis, settings_.channel) {}

Doorbell::~Doorbell() { stop(); }

void Doorbell::start() {
    if (publisher_.joinable()) return;
    publisher_ = std::jthread([this](const std::stop_token& stop) { publish(stop); });
    if (wakeRelay_) listener_ = std::jthread([this](const std::stop_token& stop) { listen(stop); });
}

void Doorbell::stop() {
    if (!publisher_.joinable()) return;
    publisher_.request_stop();
    publisher_.join();
    if (!listener_.joinable()) return;
    listener_.request_stop();
    subscriber_.interrupt();
    listener_.join();
}

void Doorbell::ring() noexcept {
    if (rung_.exchange(true)) return;
    { const std::lock_guard lock(mutex_); } // the publisher either sees the ring or waits already
    wake_.notify_all();
}

Doorbell::Figures Doorbell::figures() const { return {published_, heard_, failed_}; }

void Doorbell::publish(const std::stop_token& stop) {
    bool others = false;
    core::Instant lookAt{};
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, stop, [&] { return rung_.load(); });
        }
        if (stop.stop_requested()) return;
        rung_ = false;
        if (clock_.now() >= lookAt) {
            others = othersRelay();
            lookAt = clock_.now() + kLookForPeers;
        }
        if (!others) {
            pause(stop, std::chrono::duration_cast<std::chrono::milliseconds>(lookAt - clock_.now()));
            continue;
        }
        try {
            redis_.publish(settings_.channel, settings_.self);
            ++published_;
            worked();
            pause(stop, kSpacing);
        } catch (const core::Error& error) {
            ++failed_;
            trouble(error);
            pause(stop, kAfterTrouble);
        }
    }
}

// When in doubt: a needless publish is cheap.
bool Doorbell::othersRelay() {
    try {
        const auto alive = peers_.alive();
        return std::ranges::any_of(alive, [&](const auto& name) { return name != settings_.node; });
    } catch (const core::Error&) {
        return true;
    }
}

void Doorbell::listen(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        try {
            subscriber_.subscribe();
            worked();
            const auto message = subscriber_.next();
            if (!message || *message == settings_.self) continue;
            ++heard_;
            wakeRelay_();
        } catch (const core::Error& error) {
            trouble(error);
            pause(stop, kAfterTrouble);
        }
    }
}

void Doorbell::pause(const std::stop_token& stop, std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, time, [] { return false; });
}

void Doorbell::trouble(const core::Error& error) {
    if (troubled_.exchange(true)) return;
    logger_.warning("doorbell_silent",
                    {{"error", error.what()},
                     {"hint", error.hint()},
                     {"consequence", "events of other nodes are found by polling, see relay.poll_interval"}});
}

void Doorbell::worked() {
    if (troubled_.load() && troubled_.exchange(false)) logger_.info("doorbell_back");
}

} // namespace outboxd::daemon
