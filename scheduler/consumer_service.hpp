// Feeds one listener from its topics: one thread, one group.
//
//   poll -> handle -> commit the offsets
//
// The offsets follow the effects, so nothing is lost; what is delivered again after a crash or a rebalance is the
// listener's to recognise. Broken machinery keeps the batch in hand and tries again, at growing intervals. If that takes
// long the group is left, since the brokers expel a member that does not poll, and joined again afterwards; what comes
// again was worked off before.
#pragma once

#include "platform/core/error.hpp"
#include "platform/core/logger.hpp"
#include "platform/core/progress.hpp"
#include "platform/core/service.hpp"
#include "scheduler/freshness.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace outboxd::scheduler {

struct ConsumerSettings {
    std::size_t batch = 500;                  // records at most in one call of the listener
    std::chrono::milliseconds pollWait{100};  // how long a quiet stream is listened to; bounds stop()
    std::chrono::milliseconds firstRetry{50}; // doubled up to
    std::chrono::milliseconds longestRetry{2000};
    std::chrono::milliseconds holdOn{30'000};     // for how long of trouble the membership is kept
    std::chrono::milliseconds measureEvery{1000}; // progress and lag
};

// figures() may be called from any thread at any time.
class ConsumerService final : public core::Service {
public:
    // All references must outlive the service; `listener` and `feeds` are used by its thread alone.
    ConsumerService(Listener& listener, EventFeeds& feeds, ConsumerProgress& progress,
                    const core::Clock& clock, core::Logger& logger, core::ProgressMonitor& monitor,
                    ConsumerSettings settings);
    ~ConsumerService() override;

    std::string_view name() const override { return name_; }
    void start() override;
    // Finishes the batch in hand if that works at once, leaves the group. Within some seconds also while nobody answers.
    void stop() override;

    struct Figures {
        std::uint64_t done = 0; // records by verdict
        std::uint64_t ignored = 0;
        std::uint64_t refused = 0;
        std::uint64_t troubles = 0; // tries that failed: listener, commits, brokers, progress
        std::size_t partitions = 0;
        std::int64_t lag = 0;     // records not yet worked off, of this node's partitions; as measured last
        double lastProcessed = 0; // seconds since 1970, when a record was worked off last
        double completeUpTo = 0;  // seconds since 1970, of the partition that is behind the most; 0: none yet
    };
    Figures figures() const;

private:
    void run(const std::stop_token& stop);
    void round(const std::stop_token& stop);
    void work(const std::stop_token& stop, const std::vector<Delivery>& batch);
    void count(const std::vector<Delivery>& batch, const std::vector<Verdict>& verdicts);
    void measure();
    void trouble(std::string_view doing, const core::Error& error);
    void fine();
    void wait(const std::stop_token& stop, std::chrono::milliseconds time);

    Listener& listener_;
    EventFeeds& feeds_;
    ConsumerProgress& progress_;
    const core::Clock& clock_;
    core::Logger& logger_;
    core::ProgressMonitor& monitor_;
    const ConsumerSettings settings_;
    const std::string name_;

    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    Figures figures_; // guarded by mutex_

    // The thread only, while it runs.
    std::unique_ptr<EventFeed> feed_;
    std::unique_ptr<core::LoopProgress> sign_;
    Freshness freshness_;
    std::map<std::pair<std::string, int>, core::Timestamp> reached_;
    core::Instant nextMeasure_{};
    std::chrono::milliseconds retry_{0};
    bool troubled_ = false;

    std::jthread thread_;
};

} // namespace outboxd::scheduler
