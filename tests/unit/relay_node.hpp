// A node for tests of the relay's rules: driven a step at a time, every action answered in its turn.
#pragma once

#include "scheduler/outbox_relay.hpp"
#include "tests/support/fake_event_sink.hpp"
#include "tests/support/memory_outbox.hpp"

#include <deque>
#include <map>

namespace outboxd::testing {

inline constexpr auto kNodeLease = std::chrono::seconds{10};

class RelayNode {
public:
    enum class MarkFault { none, not_done, done_but_unanswered };

    RelayNode(std::string name, MemoryOutbox& outbox, FakeEventSink& sink, ManualClock& clock,
              scheduler::relay::Settings settings)
        : name_(std::move(name)), outbox_(outbox), sink_(sink), clock_(clock), rules_(settings) {}

    // Does the next thing that is due: one action, else one event, else a tick with the reports that there are.
    void stepOnce(MarkFault fault = MarkFault::none) {
        if (!actions_.empty()) {
            auto action = std::move(actions_.front());
            actions_.pop_front();
            std::visit([&](auto& what) { perform(what, fault); }, action);
        } else if (!events_.empty()) {
            auto event = std::move(events_.front());
            events_.pop_front();
            for (auto& action : rules_.step(std::move(event), clock_.now()))
                actions_.push_back(std::move(action));
        } else {
            scheduler::relay::Reported reported;
            for (auto& [mode, session] : sessions_)
                session->poll(std::chrono::milliseconds{0}, reported.reports);
            if (!reported.reports.empty()) events_.emplace_back(std::move(reported));
            events_.emplace_back(scheduler::relay::Tick{});
        }
    }
    bool idle() const { return actions_.empty() && events_.empty(); }
    // Until nothing is left to do at this moment.
    void settle() {
        do stepOnce();
        while (!idle());
    }

    void take(scheduler::Lane lane, scheduler::LaneCare care = {}) {
        const scheduler::LaneTerm term{lane, name_ + "#" + std::to_string(++terms_)};
        if (held_.contains(lane) || !outbox_.tryLock(term, kNodeLease)) return;
        held_[lane] = term;
        events_.emplace_back(scheduler::relay::LaneTaken{term, care});
    }
    void takeAll() {
        for (scheduler::Lane lane = 0; lane < scheduler::kLanes; ++lane) take(lane);
    }
    void renew() {
        std::erase_if(held_, [&](const auto& entry) {
            if (outbox_.extend(entry.second, kNodeLease)) return false;
            events_.emplace_back(scheduler::relay::LaneLost{entry.second});
            return true;
        });
    }
    // The lease keeper noticed in time that it cannot renew.
    void lose(scheduler::Lane lane) {
        const auto found = held_.find(lane);
        if (found == held_.end()) return;
        events_.emplace_back(scheduler::relay::LaneLost{found->second});
        held_.erase(found);
    }
    void handOver(scheduler::Lane lane) { tell(scheduler::relay::HandOver{held_.at(lane)}); }
    void tell(scheduler::relay::Event event) { events_.push_back(std::move(event)); }

    // Keys whose topic is paused; the rules ask about a row when it was read.
    std::set<std::string> pausedKeys;
    std::vector<std::int64_t> noted; // by careful lanes

    scheduler::OutboxRelay& rules() { return rules_; }
    const std::map<scheduler::Lane, scheduler::LaneTerm>& lanes() const { return held_; }

private:
    using MarkResult = scheduler::MarkResult;

    void perform(const scheduler::relay::ProbeLanes& action, MarkFault) {
        events_.emplace_back(scheduler::relay::Probed{outbox_.probe(action.lanes)});
    }
    void perform(const scheduler::relay::ReadLane& action, MarkFault) {
        auto batch = outbox_.read(action.term, action.cursor, action.limit, action.known);
        for (auto& row : batch.rows) row.paused = pausedKeys.contains(row.record.orderKey);
        events_.emplace_back(scheduler::relay::LaneRead{action.term.lane, action.epoch, std::move(batch)});
    }
    void perform(scheduler::relay::Produce& action, MarkFault) {
        scheduler::relay::Produced produced{action.mode, action.lane, action.epoch, {}, {}};
        auto next = action.records.begin();
        for (; next != action.records.end(); ++next) {
            produced.stop = sessions_.at(action.mode)->produce(next->record, next->token);
            if (produced.stop.kind != scheduler::ProduceResult::Kind::accepted) break;
        }
        produced.rest.assign(next, action.records.end());
        events_.emplace_front(std::move(produced)); // before any report of these records
    }
    void perform(const scheduler::relay::MarkLane& action, MarkFault fault) {
        if (fault == MarkFault::not_done) {
            events_.emplace_back(scheduler::relay::MarkFailed{action.term.lane, action.epoch});
            return;
        }
        const auto result = outbox_.mark(action.term, action.settled, action.held);
        if (fault == MarkFault::done_but_unanswered) {
            events_.emplace_back(scheduler::relay::MarkFailed{action.term.lane, action.epoch});
            return;
        }
        events_.emplace_back(scheduler::relay::Marked{action.term.lane, action.epoch, result});
    }
    void perform(const scheduler::relay::RunCommands& action, MarkFault) {
        const auto result = outbox_.run(action.term, action.commands);
        events_.emplace_back(scheduler::relay::CommandsRun{action.term.lane, action.epoch, result});
    }
    void perform(const scheduler::relay::NoteRow& action, MarkFault) {
        noted.push_back(action.id);
        const auto result = outbox_.valid(action.term) ? MarkResult::marked : MarkResult::lost;
        events_.emplace_back(scheduler::relay::Noted{action.term.lane, action.epoch, result});
    }
    void perform(const scheduler::relay::OpenSession& action, MarkFault) {
        sessions_[action.mode] = sink_.open(action.mode);
    }
    void perform(const scheduler::relay::PurgeSession& action, MarkFault) {
        sessions_.at(action.mode)->purge();
    }
    void perform(const scheduler::relay::CloseSession& action, MarkFault) { sessions_.erase(action.mode); }
    void perform(const scheduler::relay::ReleaseLane& action, MarkFault) {
        outbox_.unlock(action.term);
        held_.erase(action.term.lane);
    }

    const std::string name_;
    MemoryOutbox& outbox_;
    FakeEventSink& sink_;
    ManualClock& clock_;
    scheduler::OutboxRelay rules_;
    std::map<scheduler::SessionMode, std::unique_ptr<scheduler::SinkSession>> sessions_;
    std::deque<scheduler::relay::Action> actions_;
    std::deque<scheduler::relay::Event> events_;
    std::map<scheduler::Lane, scheduler::LaneTerm> held_;
    int terms_ = 0;
};

} // namespace outboxd::testing
