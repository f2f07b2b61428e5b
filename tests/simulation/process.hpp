// One run of a node's process: its rules with the brokers, its threads for the database, and its lease keeper; a step
// at a time, in the order in which scheduler::RelayService does things. Nothing happens in it but what the world lets
// happen.
#pragma once

#include "scheduler/lane_leases.hpp"
#include "scheduler/outbox_relay.hpp"
#include "tests/simulation/commands_operation.hpp"
#include "tests/simulation/mark_operation.hpp"
#include "tests/simulation/silent_logger.hpp"
#include "tests/simulation/sim_locks.hpp"
#include "tests/simulation/sim_peers.hpp"
#include "tests/simulation/sim_session.hpp"
#include "tests/simulation/sim_worker.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <map>
#include <optional>

namespace outboxd::simulation {

struct ProcessSettings {
    int number = 0; // of the node
    scheduler::relay::Settings rules;
    scheduler::LaneLeaseSettings leases;
    SimSink::Limits limits;
    Time clockOffset{};
    int clockPerMille = 1000;
    std::size_t smallestRange = 2; // of rows that are marked by their count
    std::size_t commandRows = 3;   // that a command touches at once
    int phantoms = 0;              // nodes that count and take nothing
};

class Process final : public scheduler::LaneLeases::Listener {
public:
    Process(const ProcessSettings& settings, const Time& now, SimDb& db, SimKafka& kafka, Dice& dice,
            Surroundings& surroundings);

    // ---- its threads; false: there is nothing to do now ----
    bool stepRules();
    bool stepClient();
    void look(); // the lease keeper

    // ---- what others do to it ----
    // The database executes a statement of each thread that has sent one.
    void executeStatements();
    void tell(scheduler::relay::Event event) { inbox_.push_back(std::move(event)); }
    void drain();
    // Its connections to the database break; statements under way become orphans.
    void cutDatabase(std::vector<Orphan>& orphans);
    void restartDatabase(); // the same; nothing of it is left at the server
    void resetBroker(int broker);
    void breakProducers();
    void jumpClock(Time ahead) { clock_.jump(ahead); }
    void die(std::vector<Orphan>& orphans);

    bool dead() const { return dead_; }
    bool looking() const { return looking_; }
    bool finished() const { return draining_ && rules_.drained() && idle() && !looking_; }
    // Nothing is under way in it.
    bool idle() const {
        return std::ranges::all_of(workers_, &SimWorker::idle) && !produce_ && actions_.empty() &&
               answers_.empty();
    }
    // Between two statements of a call, or two records of a batch.
    bool midway() const { return produce_ || std::ranges::any_of(workers_, &SimWorker::midway); }
    bool rested() const { return inbox_.empty(); }
    std::size_t outstanding() const { return rules_.outstanding(); }
    std::vector<LaneTerm> lanes() const { return leases_.held(); }
    void end();

    Time pausedUntil{}, keeperHangsUntil{};
    int pausedUntilStep = std::numeric_limits<int>::max(); // steps are counted down
    bool databaseUp = true;

private:
    struct Producing {
        scheduler::relay::Produced answer;
        std::vector<scheduler::relay::Outgoing> records;
        std::size_t next = 0;
    };
    std::vector<LaneTerm> lanesTaken(std::vector<LaneTerm> terms) override;
    void laneLost(const LaneTerm& term) override;
    void handOver(const LaneTerm& term) override { inbox_.emplace_back(scheduler::relay::HandOver{term}); }
    void leave(const LaneTerm& term);
    void finishLeaving();
    void findCommands();

    bool stepWorkers();
    SimWorker& someReader() { return workers_[dice_.roll(2)]; }
    void continueProduce();
    void awake();
    template <class Told> void note(const Told& told) const;
    void serveReports();

    void perform(scheduler::relay::ProbeLanes& action);
    void perform(scheduler::relay::ReadLane& action);
    void perform(scheduler::relay::Produce& action);
    void perform(scheduler::relay::MarkLane& action);
    void perform(scheduler::relay::RunCommands& action);
    void perform(scheduler::relay::NoteRow& action);
    void perform(scheduler::relay::OpenSession& action);
    void perform(scheduler::relay::PurgeSession& action);
    void perform(scheduler::relay::CloseSession& action);
    void perform(scheduler::relay::ReleaseLane& action);
    std::unique_ptr<SimSession>& session(scheduler::SessionMode mode) {
        return sessions_[mode == scheduler::SessionMode::solo ? 1 : 0];
    }

    const ProcessSettings settings_;
    const Time& now_;
    SimDb& db_;
    Dice& dice_;
    NodeClock clock_;
    SilentLogger logger_;
    SimLocks locks_;
    SimPeers peers_;
    SimSink sink_;
    scheduler::OutboxRelay rules_;
    scheduler::LaneLeases leases_;
    std::unique_ptr<SimSession> sessions_[2];

    std::deque<scheduler::relay::Event> inbox_, answers_;
    std::deque<scheduler::relay::Action> actions_;
    std::array<SimWorker, 3> workers_{SimWorker{databaseUp}, SimWorker{databaseUp}, SimWorker{databaseUp}};
    SimWorker& marker_ = workers_[2]; // the others read
    std::optional<Producing> produce_;

    std::vector<LaneTerm> leaving_;
    const std::shared_ptr<std::set<Lane>> unknownMarks_ = std::make_shared<std::set<Lane>>();
    bool looking_ = false, draining_ = false, dead_ = false, deadlineSaid_ = false;
    core::Instant drainEnds_{};

    // Of the mutant `whole_batch_failed` alone.
    std::map<scheduler::DeliveryToken, Id> tokens_;
    std::set<Id> condemned_;
};

} // namespace outboxd::simulation
