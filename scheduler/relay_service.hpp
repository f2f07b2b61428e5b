// Runs the relay: one thread for the rules and the broker, one that looks and reads, one that marks, one that keeps the
// lanes' locks.
#pragma once

#include "platform/core/progress.hpp"
#include "platform/core/service.hpp"
#include "scheduler/lane_control.hpp"
#include "scheduler/lane_leases.hpp"
#include "scheduler/outbox_relay.hpp"
#include "scheduler/relay_worker.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <thread>

namespace outboxd::scheduler {

struct RelayServiceSettings {
    relay::Settings rules;
    LaneLeaseSettings leases;
    std::chrono::milliseconds drainTime{10000};  // stop(): how long to wait for the broker's last answers
    std::chrono::milliseconds lookForLanes{250}; // how often free lanes are looked for
};

// What a relay is made of. All must outlive it.
struct RelayPorts {
    OutboxSource& source; // one thread probes and reads, one marks
    EventSink& sink;
    LockStore& locks;
    LaneControl& control;
    RelayPeers& peers;
};

// ring() and the figures may be asked for by any thread at any time.
class RelayService final : public core::Service, public LaneLeases::Listener {
public:
    // All references must outlive the service.
    RelayService(RelayPorts ports, const core::Clock& clock, core::Logger& logger,
                 core::ProgressMonitor& progress, RelayServiceSettings settings);
    ~RelayService() override;

    std::string_view name() const override { return "outbox-relay"; }
    void start() override;
    // Drains: stops reading, waits at most drainTime for reports, marks them, releases the lanes.
    void stop() override;

    // Somebody on this node committed events: look now, not at the next poll.
    void ring() noexcept;
    relay::Figures figures() const;
    LaneFigures laneFigures() const;

    std::vector<LaneTerm> lanesTaken(std::vector<LaneTerm> terms) override;
    void laneLost(const LaneTerm& term) override;
    void handOver(const LaneTerm& term) override;

private:
    // A loop that is silent for longer is stuck; above every bounded wait of the database and the sink.
    static constexpr std::chrono::seconds kAllowedSilence{60};

    void post(relay::Event event);

    void runRules();
    void runLeases(const std::stop_token& stop);
    void lookSoon();
    void findCommands();
    void leave(const LaneTerm& term);
    void finishLeaving();
    void dispatch(relay::Event event);
    void serveReports();
    void reportsWait();
    void waitForEvents(core::Instant until);
    void publishFigures();

    void perform(relay::ProbeLanes& action);
    void perform(relay::ReadLane& action);
    void perform(relay::Produce& action);
    void perform(relay::MarkLane& action);
    void perform(relay::RunCommands& action);
    void perform(relay::NoteRow& action);
    void perform(const relay::OpenSession& action);
    void perform(const relay::PurgeSession& action);
    void perform(const relay::CloseSession& action);
    void perform(const relay::ReleaseLane& action);
    template <class Work> void ask(RelayWorker& worker, relay::Event failed, Work&& work);

    OutboxSource& source_;
    EventSink& sink_;
    LockStore& locks_;
    LaneControl& control_;
    RelayPeers& peers_;
    const core::Clock& clock_;
    core::Logger& logger_;
    core::ProgressMonitor& progress_;
    const RelayServiceSettings settings_;

    mutable std::mutex mutex_;
    std::condition_variable wake_; // of the rules' thread
    std::condition_variable leaseWake_;
    std::deque<relay::Event> inbox_; // guarded by mutex_
    bool rung_ = false;              // guarded by mutex_
    bool reportsWait_ = false;       // guarded by mutex_
    relay::Figures published_;       // guarded by mutex_
    LaneFigures publishedLanes_;     // guarded by mutex_
    bool lookNow_ = false;           // guarded by mutex_: the lease thread shall not wait
    std::vector<LaneTerm> leaving_;  // guarded by mutex_: gone, and the table does not know it yet

    // The rules' thread only, while it runs.
    std::unique_ptr<OutboxRelay> rules_;
    std::map<SessionMode, std::unique_ptr<SinkSession>> sessions_;
    std::deque<relay::Event> answers_;
    bool announced_ = false; // the session opened last tells when there are reports

    std::atomic<bool> databaseTrouble_{false};
    RelayWorker reader_, marker_;
    std::unique_ptr<LaneLeases> leases_;
    std::jthread rulesThread_;
    std::jthread leaseThread_;
};

} // namespace outboxd::scheduler
