// The doorbell between nodes: who commits events rings, by a publish on Redis, the relays of other nodes.
//
// It only shortens the wait: a ring that is lost costs at most relay.poll_interval. Writers in other languages may
// publish on the channel, too (docs/events.md).
#pragma once

#include "platform/core/clock.hpp"
#include "platform/core/logger.hpp"
#include "platform/core/service.hpp"
#include "platform/redis/subscriber.hpp"
#include "scheduler/relay_peers.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace outboxd::daemon {

class Doorbell final : public core::Service {
public:
    struct Settings {
        redis::Settings redis;
        std::string channel;
        std::string node; // this node's name among the peers
        std::string self; // what this process publishes; it does not hear itself
    };
    struct Figures {
        std::uint64_t published = 0, heard = 0, failed = 0;
    };

    // `wakeRelay` is called on a thread of this service for each ring of somebody else; empty: this node has no relay.
    Doorbell(Settings settings, redis::Client& redis, scheduler::RelayPeers& peers, const core::Clock& clock,
             core::Logger& logger, std::function<void()> wakeRelay);
    ~Doorbell() override;

    std::string_view name() const override { return "doorbell"; }
    void start() override;
    void stop() override;

    // Events were committed here. Any thread, at any time; does not wait. Many rings become one publish, at most one a
    // millisecond, and none while no other node relays.
    void ring() noexcept;
    Figures figures() const;

private:
    void publish(const std::stop_token& stop);
    void listen(const std::stop_token& stop);
    bool othersRelay();
    void pause(const std::stop_token& stop, std::chrono::milliseconds time);
    void trouble(const core::Error& error);
    void worked();

    const Settings settings_;
    redis::Client& redis_;
    scheduler::RelayPeers& peers_;
    const core::Clock& clock_;
    core::Logger& logger_;
    const std::function<void()> wakeRelay_;
    redis::Subscriber subscriber_; // the listening thread's

    std::atomic<bool> rung_{false}, troubled_{false};
    std::atomic<std::uint64_t> published_{0}, heard_{0}, failed_{0};
    std::mutex mutex_; // for waiting only
    std::condition_variable_any wake_;
    std::jthread publisher_, listener_;
};

} // namespace outboxd::daemon
