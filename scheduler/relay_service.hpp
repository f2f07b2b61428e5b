// Runs the relay: one thread for the rules with the database and the broker, one that keeps the lanes' locks.
#pragma once

#include "platform/core/progress.hpp"
#include "platform/core/service.hpp"
#include "scheduler/lane_leases.hpp"
#include "scheduler/outbox_relay.hpp"

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

// ring() and figures() may be called from any thread at any time.
class RelayService final : public core::Service, public LaneLeases::Listener {
public:
    // All references must outlive the service. `source` is used by the relay's thread alone.
    RelayService(OutboxSource& source, EventSink& sink, LockStore& locks, const core::Clock& clock,
                 core::Logger& logger, core::ProgressMonitor& progress, RelayServiceSettings settings);
    ~RelayService() override;

    std::string_view name() const override { return "outbox-relay"; }
    void start() override;
    // Drains: stops reading, waits at most drainTime for reports, marks them, releases the lanes.
    void stop() override;

    // Somebody on this node committed events: look now, not at the next poll.
    void ring() noexcept;
    relay::Figures figures() const;

    void laneTaken(const LaneTerm& term) override;
    void laneLost(const LaneTerm& term) override;

private:
    void post(relay::Event event);

    void runRules();
    void runLeases(const std::stop_token& stop);
    void dispatch(relay::Event event);
    void serveReports(std::chrono::milliseconds wait);
    void waitForEvents(core::Instant until);
    void publishFigures();

    void perform(const relay::ProbeLanes& action);
    void perform(const relay::ReadLane& action);
    void perform(relay::Produce& action);
    void perform(const relay::MarkLane& action);
    void perform(const relay::RunCommands&) {}
    void perform(const relay::NoteRow&) {}
    void perform(const relay::OpenSession& action);
    void perform(const relay::PurgeSession& action);
    void perform(const relay::CloseSession& action);
    void perform(const relay::ReleaseLane& action);
    // Runs `work`; on database trouble logs it (once per trouble) and answers with `failed`.
    template <class Work> void orAnswer(relay::Event failed, Work&& work);

    OutboxSource& source_;
    EventSink& sink_;
    const core::Clock& clock_;
    core::Logger& logger_;
    core::ProgressMonitor& progress_;
    const RelayServiceSettings settings_;
    LockStore& locks_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<relay::Event> inbox_; // guarded by mutex_
    bool rung_ = false;              // guarded by mutex_
    relay::Figures published_;       // guarded by mutex_

    // The rules' thread only, while it runs.
    std::unique_ptr<OutboxRelay> rules_;
    std::map<SessionMode, std::unique_ptr<SinkSession>> sessions_;
    std::deque<relay::Event> answers_;
    bool databaseTrouble_ = false;

    std::unique_ptr<LaneLeases> leases_;
    std::jthread rulesThread_;
    std::jthread leaseThread_;
};

} // namespace outboxd::scheduler
