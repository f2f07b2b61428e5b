#include "tests/simulation/process.hpp"

#include "tests/simulation/describe.hpp"

#include <iterator>
#include <utility>

namespace outboxd::simulation {

using namespace scheduler::relay;
using scheduler::ProduceResult;
using scheduler::SessionMode;

namespace {

constexpr auto kDrainTime = std::chrono::seconds{10};
constexpr unsigned kWakes = 6; // one in so many times the rules do something else while the database is asked

} // namespace

Process::Process(const ProcessSettings& settings, const Time& now, SimDb& db, SimKafka& kafka, Dice& dice,
                 Surroundings& surroundings)
    : settings_(settings), now_(now), db_(db), dice_(dice),
      clock_(now, settings.clockOffset, settings.clockPerMille), locks_(db, *this, surroundings),
      peers_(db, settings.leases.node, settings.leases.lease * 2, settings.phantoms, locks_),
      sink_(kafka, db, dice, settings.limits), rules_(settings.rules),
      leases_(locks_, peers_, clock_, logger_, settings.leases, *this) {}

// ---- its threads ----

bool Process::stepRules() {
    if (dead_) return false;
    if (dice_.oneIn(2) && stepWorkers()) return true;
    if (produce_) {
        continueProduce();
    } else if (!actions_.empty()) {
        auto action = std::move(actions_.front());
        actions_.pop_front();
        note(action);
        std::visit([this](auto& what) { perform(what); }, action);
    } else if (!answers_.empty() || !inbox_.empty()) {
        auto& source = answers_.empty() ? inbox_ : answers_;
        auto event = std::move(source.front());
        source.pop_front();
        note(event);
        for (auto& action : rules_.step(std::move(event), clock_.now()))
            actions_.push_back(std::move(action));
    } else if (!stepWorkers()) {
        const bool asleep = !idle() && !dice_.oneIn(kWakes); // until the database answers
        if (asleep) return false;
        awake();
    }
    return true;
}

bool Process::stepWorkers() {
    const auto before = inbox_.size();
    const auto first = dice_.roll(workers_.size());
    bool stepped = false;
    for (std::size_t i = 0; i < workers_.size() && !stepped; ++i)
        stepped = workers_[(first + i) % workers_.size()].step(inbox_);
    if (inbox_.size() == before) return stepped;
    if (auto* read = std::get_if<LaneRead>(&inbox_.back()))
        for (auto& row : read->batch.rows)
            row.paused = !row.eventMissing && sink_.paused(db_.judge().facts(row.record.id).topic);
    return true;
}

template <class Told> void Process::note(const Told& told) const {
    if (db_.judge().trace()) db_.judge().trace()("node ", settings_.number, ": ", describe(told));
}

void Process::awake() {
    inbox_.emplace_back(Tick{});
    serveReports();
    if (draining_ && clock_.now() >= drainEnds_ && !std::exchange(deadlineSaid_, true))
        inbox_.emplace_back(DrainDeadline{});
}

void Process::serveReports() {
    Reported reported;
    for (const auto mode : {SessionMode::bulk, SessionMode::solo}) {
        if (!session(mode)) continue;
        const auto before = reported.reports.size();
        session(mode)->poll(reported.reports);
        if (db_.mutant() != Mutant::whole_batch_failed || mode == SessionMode::solo) continue;
        for (auto i = before; i < reported.reports.size(); ++i) {
            auto& report = reported.reports[i];
            if (report.outcome != scheduler::DeliveryReport::Outcome::refused_by_rule) continue;
            report.outcome = scheduler::DeliveryReport::Outcome::delivered;
            condemned_.insert(tokens_[report.token]);
        }
    }
    if (!reported.reports.empty()) inbox_.emplace_back(std::move(reported));
}

// ---- the database ----

void Process::executeStatements() {
    if (dead_) return;
    for (auto& worker : workers_) worker.executeStatement();
}

void Process::perform(ProbeLanes& action) {
    someReader().give(std::make_unique<ProbeOperation>(db_, std::move(action.lanes)));
}

void Process::perform(ReadLane& action) {
    if (db_.mutant() == Mutant::count_beside_mark) action.known.allQueued = true;
    someReader().give(std::make_unique<ReadOperation>(db_, std::move(action)));
}

void Process::perform(MarkLane& action) {
    std::erase_if(action.settled, [&](Id id) {
        if (condemned_.erase(id) == 0) return false;
        action.held.push_back({id, db_.record(id).orderKey, HeldRecord::State::failed, {}});
        return true;
    });
    marker_.give(
        std::make_unique<MarkOperation>(db_, std::move(action), settings_.smallestRange, unknownMarks_));
}

void Process::perform(RunCommands& action) {
    marker_.give(std::make_unique<CommandsOperation>(db_, std::move(action), settings_.commandRows,
                                                     [this] { sink_.refresh(); }));
}

void Process::perform(NoteRow& action) {
    marker_.give(std::make_unique<NoteOperation>(db_, std::move(action)));
}

void Process::perform(ReleaseLane& action) {
    leave(action.term);
    leases_.release(action.term);
}

// ---- the brokers ----

void Process::perform(Produce& action) {
    if (db_.mutant() == Mutant::whole_batch_failed)
        for (const auto& record : action.records) tokens_[record.token] = record.record.id;
    produce_ = Producing{{action.mode, action.lane, action.epoch, {}, {}}, std::move(action.records), 0};
}

// Others may act between any two records.
void Process::continueProduce() {
    auto& [answer, records, next] = *produce_;
    for (auto most = dice_.between(1, 8); most > 0 && next < records.size(); --most) {
        auto& to = session(answer.mode);
        answer.stop = to ? to->produce(records[next].record, records[next].token)
                         : ProduceResult{ProduceResult::Kind::broken, {}};
        if (answer.stop.kind != ProduceResult::Kind::accepted) break;
        ++next;
    }
    if (next < records.size() && answer.stop.kind == ProduceResult::Kind::accepted) return;
    answer.rest.assign(std::make_move_iterator(records.begin() + static_cast<std::ptrdiff_t>(next)),
                       std::make_move_iterator(records.end()));
    answers_.emplace_back(std::move(answer));
    produce_.reset();
}

void Process::perform(OpenSession& action) { session(action.mode) = sink_.open(action.mode); }

void Process::perform(PurgeSession& action) {
    if (session(action.mode)) session(action.mode)->purge();
}

void Process::perform(CloseSession& action) { session(action.mode).reset(); }

bool Process::stepClient() {
    if (dead_) return false;
    const auto first = dice_.roll(2);
    for (const auto index : {first, 1 - first})
        if (sessions_[index] && sessions_[index]->work()) return true;
    return false;
}

void Process::resetBroker(int broker) {
    for (auto& session : sessions_)
        if (session) session->reset(broker);
}

void Process::breakProducers() {
    for (auto& session : sessions_)
        if (session) session->turnFatal();
}

// ---- the lease keeper ----

void Process::look() {
    if (dead_ || looking_) return;
    looking_ = true;
    leases_.round();
    finishLeaving();
    findCommands();
    looking_ = false;
}

std::vector<LaneTerm> Process::lanesTaken(std::vector<LaneTerm> terms) {
    locks_.elsewhere();
    if (databaseUp && db_.mutant() != Mutant::taken_without_refresh) sink_.refresh();
    for (auto term = terms.begin(); term != terms.end(); ++term) {
        locks_.elsewhere();
        if (!databaseUp || !db_.holds(*term)) {
            terms.erase(terms.begin(), term);
            leaving_.insert(leaving_.end(), terms.begin(), terms.end());
            return terms;
        }
        const auto care = db_.enter(*term);
        inbox_.emplace_back(LaneTaken{*term, care});
    }
    return {};
}

void Process::laneLost(const LaneTerm& term) {
    inbox_.emplace_back(LaneLost{term});
    leaving_.push_back(term);
}

void Process::leave(const LaneTerm& term) {
    if (databaseUp) {
        db_.leave(term);
    } else {
        leaving_.push_back(term);
    }
}

void Process::finishLeaving() {
    for (const auto& term : std::exchange(leaving_, {})) leave(term);
}

void Process::findCommands() {
    if (!databaseUp) return;
    for (const auto& term : leases_.held()) {
        CommandsFound found{term.lane, {}};
        for (const auto& order : db_.commands())
            if (!order.done && order.what.lane == term.lane && order.notBefore <= now_ &&
                found.commands.size() < 4)
                found.commands.push_back(order.what);
        if (!found.commands.empty()) inbox_.emplace_back(std::move(found));
    }
}

// After the rules have drained.
void Process::end() {
    for (const auto& term : leases_.held()) leave(term);
    leases_.releaseAll();
    finishLeaving();
}

void Process::drain() {
    if (std::exchange(draining_, true)) return;
    drainEnds_ = clock_.now() + kDrainTime;
    leases_.stopTaking();
    inbox_.emplace_back(Drain{});
}

// ---- faults ----

void Process::cutDatabase(std::vector<Orphan>& orphans) {
    for (auto& worker : workers_) worker.cut(orphans);
}

void Process::restartDatabase() {
    for (auto& worker : workers_) worker.restartDatabase();
}

void Process::die(std::vector<Orphan>& orphans) {
    dead_ = true;
    for (auto& worker : workers_) worker.die(orphans);
    for (auto& session : sessions_) session.reset();
}

} // namespace outboxd::simulation
