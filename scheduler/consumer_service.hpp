// Feeds one listener from its topics: one group, two threads.
//
//   feed:   poll -> book the offsets -> hand over ............... commit what is finished
//   worker:                             handle, retry, dead letters
//
// The worker takes as long as it takes; meanwhile the feed goes on polling without taking records, so that the brokers keep
// the membership. What is in hand is bounded; beyond the bound nothing is read.
//
// The offsets follow the effects, and no offset is committed past a record that is not finished, so nothing is lost; what is
// delivered again after a crash or a rebalance is the listener's to recognise. When partitions are taken away the worker ends
// the call that is under way, if that does not take too long, and what it finished is committed; the rest comes again
// at the next owner. A partition that was lost without notice is let go at once.
#pragma once

#include "platform/core/progress.hpp"
#include "platform/core/service.hpp"
#include "scheduler/consumer_hand.hpp"
#include "scheduler/freshness.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace outboxd::scheduler {

// All references must outlive the service. `listener` and `box` are used by the worker's thread, the others by the feed's.
struct ConsumerPorts {
    Listener& listener;
    EventFeeds& feeds;
    ConsumerProgress& progress;
    DeadLetterBox& box;
    const core::Clock& clock;
    core::Logger& logger;
    core::ProgressMonitor& monitor; // watches the feed; a long call of the listener is none of its business
    std::function<void(double)> handled = [](double) {}; // seconds of each call of the listener; any thread
};

// figures() may be called from any thread at any time.
class ConsumerService final : public core::Service, private AssignmentWatch {
public:
    ConsumerService(ConsumerPorts ports, ConsumerSettings settings);
    ~ConsumerService() override;

    std::string_view name() const override { return name_; }
    void start() override;
    // Ends the call of the listener that is under way, commits, leaves the group. A call that takes longer than some seconds
    // is still waited for, but not by the group.
    void stop() override;

    struct Figures : ConsumerHand::Figures {
        std::uint64_t troubles = 0;   // tries that failed: listener, dead letters, commits, brokers, progress
        std::uint64_t rebalances = 0; // times that partitions came or went
        std::size_t partitions = 0;
        std::size_t inHand = 0; // records that were polled and are not finished
        int paused = 0;         // 1: nothing is read, since so much is in hand
        double handling = 0;    // seconds since the call of the listener began that is under way; 0: none is
        std::int64_t lag = 0;   // records not yet worked off, of this node's partitions; as measured last
        double lastProcessed = 0; // seconds since 1970, when a record was worked off last
        double completeUpTo = 0;  // seconds since 1970, of the partition that is behind the most; 0: none yet
    };
    Figures figures() const;

private:
    // The feed's thread.
    void feed(const std::stop_token& stop);
    void round(const std::stop_token& stop);
    void assigned(const std::vector<Place>& places) override;
    void revoked(const std::vector<Place>& places) override;
    void lost(const std::vector<Place>& places) override;
    void rebalance(std::string_view what, std::size_t partitions);
    Room room() const;
    void handOver(std::vector<Delivery> records);
    void commitFinished();
    void letGo(const std::vector<Place>& places, std::chrono::milliseconds wait);
    void leave();
    void measure();
    void wait(const std::stop_token& stop, std::chrono::milliseconds time);

    // The worker's thread.
    void work(const std::stop_token& stop);
    void report();
    void callBegins();
    void callEnded();

    const ConsumerPorts ports_;
    const ConsumerSettings settings_;
    const std::string listener_;
    const std::string name_;

    mutable std::mutex mutex_; // guards what follows
    std::condition_variable_any changed_;
    std::vector<ConsumerHand::Ticketed> waiting_; // for the worker
    std::set<std::uint64_t> drops_;               // pages that the worker has yet to let go
    std::vector<OffsetBook::Ticket> finished_;    // for the feed
    std::size_t rows_ = 0, bytes_ = 0;            // waiting and in the worker's hand
    bool workerEnded_ = true;
    std::optional<core::Instant> callBegan_;
    Figures figures_;

    // The feed's thread only, while it runs.
    std::unique_ptr<EventFeed> feed_;
    std::unique_ptr<core::LoopProgress> sign_;
    OffsetBook book_;
    Freshness freshness_;
    std::map<Place, core::Timestamp> reached_;
    core::Instant nextMeasure_{};
    ConsumerTrouble trouble_;

    ConsumerHand hand_; // the worker's thread only, while it runs

    std::jthread feedThread_, workerThread_;
};

} // namespace outboxd::scheduler
