// The half of the relay service that does what the rules ask for. Database work goes to the workers.
#include "scheduler/relay_service.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace outboxd::scheduler {

// Has `worker` do it; its value is the answer, on database trouble `failed` is.
template <class Work> void RelayService::ask(RelayWorker& worker, relay::Event failed, Work&& work) {
    worker.give([this, failed = std::move(failed), work = std::forward<Work>(work)]() mutable {
        try {
            post(work());
            if (databaseTrouble_.exchange(false)) logger_.info("relay_database_back");
        } catch (const core::Error& error) {
            if (!databaseTrouble_.exchange(true)) {
                logger_.warning("relay_database_trouble", {{"error", error.what()}, {"hint", error.hint()}});
            }
            post(std::move(failed));
        }
    });
}

void RelayService::perform(relay::ProbeLanes& action) {
    ask(reader_, relay::ProbeFailed{}, [this, lanes = std::move(action.lanes)]() -> relay::Event {
        return relay::Probed{source_.probe(lanes)};
    });
}

void RelayService::perform(relay::ReadLane& action) {
    const relay::ReadFailed failed{action.term.lane, action.epoch};
    ask(reader_, failed, [this, action = std::move(action)]() -> relay::Event {
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
        return relay::LaneRead{action.term.lane, action.epoch, std::move(batch)};
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

void RelayService::perform(relay::MarkLane& action) {
    const relay::MarkFailed failed{action.term.lane, action.epoch};
    ask(marker_, failed, [this, action = std::move(action)]() -> relay::Event {
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
        return relay::Marked{action.term.lane, action.epoch, result};
    });
}

void RelayService::perform(const relay::OpenSession& action) {
    try {
        auto& session = sessions_[action.mode] = sink_.open(action.mode);
        announced_ = session->announce([this] { reportsWait(); });
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
    lookSoon(); // another lane may be waiting to be handed over
}

void RelayService::perform(relay::RunCommands& action) {
    const relay::CommandsFailed failed{action.term.lane, action.epoch};
    ask(marker_, failed, [this, action = std::move(action)]() -> relay::Event {
        const auto isSync = [](const LaneCommand& command) {
            return command.kind == LaneCommand::Kind::sync;
        };
        if (std::ranges::any_of(action.commands, isSync)) sink_.refresh();
        const auto result = control_.run(action.term, action.commands);
        logger_.info("commands_run", {{"lane", action.term.lane},
                                      {"commands", action.commands.size()},
                                      {"lost", result == MarkResult::lost}});
        return relay::CommandsRun{action.term.lane, action.epoch, result};
    });
}

void RelayService::perform(relay::NoteRow& action) {
    const relay::NoteFailed failed{action.term.lane, action.epoch};
    ask(marker_, failed, [this, action = std::move(action)]() -> relay::Event {
        return relay::Noted{action.term.lane, action.epoch, control_.note(action.term, action.id)};
    });
}

} // namespace outboxd::scheduler
