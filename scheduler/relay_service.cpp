#include "scheduler/relay_service.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace outboxd::scheduler {

using namespace std::chrono_literals;

namespace {

// While records are in flight the loop waits in the broker's client for reports, so a doorbell is heard this late at most.
constexpr auto kReportSlice = 1ms;
constexpr auto kReportSliceInOutage = 20ms;

} // namespace

RelayService::RelayService(RelayPorts ports, const core::Clock& clock, core::Logger& logger,
                           core::ProgressMonitor& progress, RelayServiceSettings settings)
    : source_(ports.source), sink_(ports.sink), locks_(ports.locks), control_(ports.control),
      peers_(ports.peers), clock_(clock), logger_(logger), progress_(progress),
      settings_(std::move(settings)) {}

RelayService::~RelayService() { stop(); }

void RelayService::start() {
    if (rulesThread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        inbox_.clear();
        rung_ = false;
    }
    rules_ = std::make_unique<OutboxRelay>(settings_.rules);
    leases_ = std::make_unique<LaneLeases>(locks_, peers_, clock_, logger_, settings_.leases, *this);
    rulesThread_ = std::jthread([this] { runRules(); });
    leaseThread_ = std::jthread([this](const std::stop_token& stop) { runLeases(stop); });
}

void RelayService::stop() {
    if (!rulesThread_.joinable()) return;
    leases_->stopTaking();
    post(relay::Drain{});
    rulesThread_.join(); // the leases are renewed until the last mark is written
    leaseThread_.request_stop();
    wake_.notify_all();
    leaseThread_.join();
    for (const auto& term : leases_->held()) leave(term); // being taken when the draining began
    leases_->releaseAll();
    finishLeaving();
}

void RelayService::ring() noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (rung_) return;
        rung_ = true;
    }
    wake_.notify_all();
}

relay::Figures RelayService::figures() const {
    const std::lock_guard lock(mutex_);
    return published_;
}

void RelayService::post(relay::Event event) {
    {
        const std::lock_guard lock(mutex_);
        inbox_.push_back(std::move(event));
    }
    wake_.notify_all();
}

void RelayService::runRules() {
    const auto sign = progress_.watch("outbox-relay", kAllowedSilence);
    std::optional<core::Instant> drainEnds;
    bool deadlineSaid = false;
    while (!rules_->drained()) {
        sign->beat();
        std::deque<relay::Event> events;
        {
            const std::lock_guard lock(mutex_);
            events.swap(inbox_);
            if (std::exchange(rung_, false)) events.emplace_back(relay::Doorbell{});
        }
        events.emplace_back(relay::Tick{});
        for (auto& event : events) {
            if (std::holds_alternative<relay::Drain>(event)) drainEnds = clock_.now() + settings_.drainTime;
            dispatch(std::move(event));
        }
        serveReports(0ms);
        if (drainEnds && clock_.now() >= *drainEnds && !std::exchange(deadlineSaid, true)) {
            logger_.warning("relay_drain_deadline",
                            {{"in_flight", rules_->outstanding()},
                             {"consequence", "unacknowledged events are sent again by the next holder"}});
            dispatch(relay::DrainDeadline{});
        }
        publishFigures();
        if (rules_->drained()) break;
        const auto until = rules_->nextTick(clock_.now());
        if (!sessions_.empty() && rules_->outstanding() > 0) {
            serveReports(rules_->figures().stalled ? kReportSliceInOutage : kReportSlice);
        } else {
            waitForEvents(until);
        }
    }
    sessions_.clear();
    publishFigures();
}

void RelayService::waitForEvents(core::Instant until) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::max(core::Instant::duration{0}, until - clock_.now()),
                   [&] { return rung_ || !inbox_.empty(); });
}

void RelayService::dispatch(relay::Event event) {
    answers_.push_back(std::move(event));
    while (!answers_.empty()) {
        auto next = std::move(answers_.front());
        answers_.pop_front();
        for (auto& action : rules_->step(std::move(next), clock_.now())) {
            std::visit([this](auto& what) { perform(what); }, action);
        }
    }
}

void RelayService::serveReports(std::chrono::milliseconds wait) {
    relay::Reported reported;
    for (const auto& [mode, session] : sessions_) session->poll(wait / sessions_.size(), reported.reports);
    for (const auto& report : reported.reports) {
        if (report.outcome == DeliveryReport::Outcome::delivered) continue;
        logger_.debug("delivery_failed", {{"token", report.token}, {"error", report.error}});
    }
    if (!reported.reports.empty()) dispatch(std::move(reported));
}

void RelayService::publishFigures() {
    const auto figures = rules_->figures();
    const std::lock_guard lock(mutex_);
    if (figures.stalled != published_.stalled) {
        if (figures.stalled) {
            logger_.warning("broker_silent",
                            {{"in_flight", figures.inFlightRows}, {"consequence", "reading pauses"}});
        } else {
            logger_.info("broker_answers_again");
        }
    }
    published_ = figures;
}

// ---- actions ----

template <class Work> void RelayService::orAnswer(relay::Event failed, Work&& work) {
    try {
        work();
        if (std::exchange(databaseTrouble_, false)) logger_.info("relay_database_back");
    } catch (const core::Error& error) {
        if (!std::exchange(databaseTrouble_, true)) {
            logger_.warning("relay_database_trouble", {{"error", error.what()}, {"hint", error.hint()}});
        }
        answers_.push_back(std::move(failed));
    }
}

void RelayService::perform(const relay::ProbeLanes& action) {
    orAnswer(relay::ProbeFailed{},
             [&] { answers_.emplace_back(relay::Probed{source_.probe(action.lanes)}); });
}

void RelayService::perform(const relay::ReadLane& action) {
    orAnswer(relay::ReadFailed{action.term.lane, action.epoch}, [&] {
        auto batch = source_.read(action.term, action.cursor, action.limit, action.known);
        for (auto& row : batch.rows) {
            row.paused = !row.eventMissing && sink_.paused(row.record);
            if (row.eventMissing) {
                logger_.warning("event_missing",
                                {{"id", row.record.id},
                                 {"lane", action.term.lane},
                                 {"consequence", "there is nothing to send; the queue row is removed"}});
            }
        }
        answers_.emplace_back(relay::LaneRead{action.term.lane, action.epoch, std::move(batch)});
    });
}

void RelayService::perform(relay::Produce& action) {
    const auto session = sessions_.find(action.mode);
    relay::Produced produced{action.mode, action.lane, action.epoch, {}, {}};
    auto next = action.records.begin();
    for (; next != action.records.end(); ++next) {
        if (session == sessions_.end()) {
            produced.stop = {ProduceResult::Kind::broken, "no session could be opened"};
        } else {
            produced.stop = session->second->produce(next->record, next->token);
        }
        if (produced.stop.kind != ProduceResult::Kind::accepted) break;
    }
    produced.rest.assign(std::make_move_iterator(next), std::make_move_iterator(action.records.end()));
    if (produced.stop.kind == ProduceResult::Kind::refused) {
        const auto& refused = produced.rest.front().record;
        logger_.error("event_refused", {{"id", refused.id},
                                        {"event_id", refused.eventId.text()},
                                        {"order_key", refused.orderKey},
                                        {"error", produced.stop.error}});
    } else if (!produced.stop.error.empty()) {
        logger_.debug("produce_stopped", {{"lane", action.lane}, {"error", produced.stop.error}});
    }
    answers_.emplace_back(std::move(produced));
}

void RelayService::perform(const relay::MarkLane& action) {
    orAnswer(relay::MarkFailed{action.term.lane, action.epoch}, [&] {
        const auto result = source_.mark(action.term, action.settled, action.held);
        if (result == MarkResult::lost) {
            logger_.warning("lane_lost",
                            {{"lane", action.term.lane}, {"reason", "the fence refused the mark"}});
        }
        for (const auto& row : action.held) {
            if (result == MarkResult::lost) break;
            logger_.warning(row.state == HeldRecord::State::failed ? "event_failed" : "event_parked",
                            {{"id", row.id}, {"order_key", row.orderKey}, {"error", row.error}});
        }
        answers_.emplace_back(relay::Marked{action.term.lane, action.epoch, result});
    });
}

void RelayService::perform(const relay::OpenSession& action) {
    try {
        sessions_[action.mode] = sink_.open(action.mode);
        logger_.info("session_opened", {{"mode", action.mode == SessionMode::solo ? "solo" : "bulk"}});
    } catch (const core::Error& error) {
        logger_.error("session_refused", {{"error", error.what()}, {"hint", error.hint()}});
    }
}

void RelayService::perform(const relay::PurgeSession& action) {
    logger_.warning("session_broken",
                    {{"outstanding", rules_->outstanding()},
                     {"consequence", "purged; everything unacknowledged is sent again in order"}});
    if (const auto found = sessions_.find(action.mode); found != sessions_.end()) found->second->purge();
}

void RelayService::perform(const relay::CloseSession& action) { sessions_.erase(action.mode); }

// Who enters the lane next must not find this node in it: so the lane is left first.
void RelayService::perform(const relay::ReleaseLane& action) {
    leave(action.term);
    leases_->release(action.term);
    {
        const std::lock_guard lock(mutex_);
        lookNow_ = true; // another lane may be waiting to be handed over
    }
    wake_.notify_all();
}

void RelayService::perform(const relay::RunCommands& action) {
    orAnswer(relay::CommandsFailed{action.term.lane, action.epoch}, [&] {
        const auto isSync = [](const LaneCommand& command) {
            return command.kind == LaneCommand::Kind::sync;
        };
        if (std::ranges::any_of(action.commands, isSync)) sink_.refresh();
        const auto result = control_.run(action.term, action.commands);
        logger_.info("commands_run", {{"lane", action.term.lane},
                                      {"commands", action.commands.size()},
                                      {"lost", result == MarkResult::lost}});
        answers_.emplace_back(relay::CommandsRun{action.term.lane, action.epoch, result});
    });
}

void RelayService::perform(const relay::NoteRow& action) {
    orAnswer(relay::NoteFailed{action.term.lane, action.epoch}, [&] {
        const auto result = control_.note(action.term, action.id);
        answers_.emplace_back(relay::Noted{action.term.lane, action.epoch, result});
    });
}

} // namespace outboxd::scheduler
