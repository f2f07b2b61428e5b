// A stage for the relay's rules: one outbox, one broker, one node that holds every lane, and a clock that stands still.
// length: one stage for all tests of the rules.
#pragma once

#include "tests/unit/relay_node.hpp"

namespace outboxd::testing {

using namespace std::chrono_literals;
using Ids = std::vector<std::int64_t>;

class RelayScene {
public:
    explicit RelayScene(scheduler::relay::Settings settings = {}, std::size_t brokerBatch = 10)
        : settings_(settings), sink(1, brokerBatch), node("one", outbox, sink, clock, settings) {
        node.takeAll();
    }

    // Lets the time pass in steps of 5 ms; the node does what is due and keeps its leases.
    void run(std::chrono::milliseconds time) {
        for (auto passed = 0ms; passed < time; passed += 5ms) {
            clock.advance(5ms);
            if (passed % 1s == 0ms) node.renew();
            node.settle();
        }
    }
    Ids writeMany(const std::string& key, int count) {
        Ids ids;
        for (int i = 0; i < count; ++i) ids.push_back(outbox.write(key));
        return ids;
    }
    // Until everything is sent and marked; false if that does not come about.
    bool drainQueue() {
        for (int i = 0; i < 200 && outbox.pending() > 0; ++i) run(100ms);
        return outbox.pending() == 0;
    }

    // The ids of a key in the order of their first delivery.
    Ids delivered(const std::string& key) const {
        Ids firsts;
        for (const auto id : sink.idsOfKey(key)) {
            if (std::ranges::find(firsts, id) == firsts.end()) firsts.push_back(id);
        }
        return firsts;
    }
    bool failed(std::int64_t id) const { return heldAs(id, scheduler::HeldRecord::State::failed); }
    bool parked(std::int64_t id) const { return heldAs(id, scheduler::HeldRecord::State::parked); }
    bool paused(std::int64_t id) const { return heldAs(id, scheduler::HeldRecord::State::paused); }
    // An operator's order, found by the node's lease keeper.
    void order(const std::string& key, scheduler::LaneCommand::Kind kind, std::int64_t event = 0,
               std::int64_t upTo = 0) {
        const auto lane = MemoryOutbox::laneOf(key);
        node.tell(scheduler::relay::CommandsFound{lane, {{++lastCommand_, lane, kind, key, event, upTo}}});
    }
    void redrive(const std::string& key) { order(key, scheduler::LaneCommand::Kind::redrive); }
    scheduler::relay::Figures figures() { return node.rules().figures(); }

    // A key of the same lane as `key`, and one of another lane.
    static std::string neighbourOf(const std::string& key) { return find(key, true); }
    static std::string strangerOf(const std::string& key) { return find(key, false); }

private:
    bool heldAs(std::int64_t id, scheduler::HeldRecord::State state) const {
        const auto found = outbox.held().find(id);
        return found != outbox.held().end() && found->second.state == state;
    }
    static std::string find(const std::string& key, bool same) {
        for (int i = 0;; ++i) {
            auto other = "other-" + std::to_string(i);
            if ((MemoryOutbox::laneOf(other) == MemoryOutbox::laneOf(key)) == same) return other;
        }
    }

    const scheduler::relay::Settings settings_;
    std::int64_t lastCommand_ = 0;

public:
    ManualClock clock;
    MemoryOutbox outbox{clock};
    FakeEventSink sink;
    RelayNode node;
};

// The rules alone, told one thing at a time.
class BareRelay {
public:
    explicit BareRelay(scheduler::relay::Settings settings = {}) : rules(settings) {}

    std::vector<scheduler::relay::Action> tell(scheduler::relay::Event event) {
        auto actions = rules.step(std::move(event), now);
        for (const auto& action : actions) {
            if (const auto* mark = std::get_if<scheduler::relay::MarkLane>(&action)) marks.push_back(*mark);
            if (const auto* read = std::get_if<scheduler::relay::ReadLane>(&action)) reads.push_back(*read);
            if (const auto* produce = std::get_if<scheduler::relay::Produce>(&action))
                produced.push_back(*produce);
            if (const auto* run = std::get_if<scheduler::relay::RunCommands>(&action)) runs.push_back(*run);
            if (const auto* note = std::get_if<scheduler::relay::NoteRow>(&action)) notes.push_back(*note);
        }
        return actions;
    }
    std::vector<scheduler::relay::Action> tickAfter(std::chrono::milliseconds time) {
        now += time;
        return tell(scheduler::relay::Tick{});
    }
    // Answers a read with rows of these ids, all of one key.
    std::vector<scheduler::relay::Action> answerRead(const scheduler::relay::ReadLane& read, const Ids& ids,
                                                     bool more = false, std::size_t bytes = 2,
                                                     const std::string& key = "k") {
        scheduler::LaneBatch batch;
        for (const auto id : ids) {
            scheduler::QueuedRecord row;
            row.record.id = id;
            row.record.orderKey = key;
            row.record.payload = std::string(bytes, ' ');
            batch.rows.push_back(row);
        }
        batch.cursor = ids.empty() ? read.cursor : std::max(read.cursor, ids.back());
        batch.more = more;
        return tell(scheduler::relay::LaneRead{read.term.lane, read.epoch, batch});
    }
    std::vector<scheduler::relay::Action> accepted(const scheduler::relay::Produce& produce) {
        return tell(scheduler::relay::Produced{produce.mode, produce.lane, produce.epoch, {}, {}});
    }
    // The first record that is not accepted ends the list.
    std::vector<scheduler::relay::Action> refused(const scheduler::relay::Produce& produce,
                                                  std::size_t first) {
        const auto from = produce.records.begin() + static_cast<std::ptrdiff_t>(first);
        return tell(scheduler::relay::Produced{produce.mode,
                                               produce.lane,
                                               produce.epoch,
                                               {from, produce.records.end()},
                                               {scheduler::ProduceResult::Kind::refused, "too large"}});
    }
    std::vector<scheduler::relay::Action> report(scheduler::DeliveryToken token,
                                                 scheduler::DeliveryReport::Outcome outcome) {
        return tell(scheduler::relay::Reported{{{token, outcome, "said the broker"}}});
    }

    std::vector<scheduler::relay::Action> delivered(const scheduler::relay::Produce& produce) {
        scheduler::relay::Reported reported;
        for (const auto& record : produce.records)
            reported.reports.push_back({record.token, scheduler::DeliveryReport::Outcome::delivered, {}});
        return tell(std::move(reported));
    }
    std::vector<scheduler::relay::Action> marked(const scheduler::relay::MarkLane& mark) {
        return tell(scheduler::relay::Marked{mark.term.lane, mark.epoch, scheduler::MarkResult::marked});
    }

    // The actions of this kind.
    template <class Action>
    static std::vector<Action> all(const std::vector<scheduler::relay::Action>& actions) {
        std::vector<Action> found;
        for (const auto& one : actions)
            if (const auto* action = std::get_if<Action>(&one)) found.push_back(*action);
        return found;
    }
    template <class Action> static std::size_t count(const std::vector<scheduler::relay::Action>& actions) {
        return static_cast<std::size_t>(std::ranges::count_if(
            actions, [](const auto& one) { return std::holds_alternative<Action>(one); }));
    }

    core::Instant now{};
    scheduler::OutboxRelay rules;
    std::vector<scheduler::relay::MarkLane> marks;
    std::vector<scheduler::relay::ReadLane> reads;
    std::vector<scheduler::relay::Produce> produced;
    std::vector<scheduler::relay::RunCommands> runs;
    std::vector<scheduler::relay::NoteRow> notes;
};

} // namespace outboxd::testing
