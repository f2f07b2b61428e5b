// The outbox tables and the lanes' locks in memory, as a database shows them to several nodes: ids are given at insert
// and seen at commit, reads and marks are fenced.
// length: queue, held rows and locks are one state, as in the database.
#pragma once

#include "scheduler/lane_control.hpp"
#include "tests/support/manual_clock.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <vector>

namespace outboxd::testing {

class MemoryOutbox final : public scheduler::OutboxSource {
public:
    explicit MemoryOutbox(const core::Clock& clock) : clock_(clock) {}

    // Few of the lanes are used, so that keys share them.
    static scheduler::Lane laneOf(const std::string& key) {
        return static_cast<scheduler::Lane>(std::hash<std::string>{}(key) % 3);
    }

    // A writer's INSERT: the row gets its id, nobody sees it yet.
    std::int64_t insert(const std::string& key, std::string payload = "{}") {
        auto& record = events_[++lastId_];
        record.id = lastId_;
        record.aggregateType = "thing";
        record.aggregateId = record.orderKey = key;
        record.type = "Changed";
        record.payload = std::move(payload);
        return lastId_;
    }
    void commit(std::int64_t id) {
        committed_.insert(id);
        enqueue(id);
    }
    std::int64_t write(const std::string& key) {
        commit(insert(key));
        return lastId_;
    }
    void removeEvent(std::int64_t id) { removed_.insert(id); }
    // An operator takes an event out of the queue for good.
    void discard(std::int64_t id) { queue_.erase({laneOf(events_.at(id).orderKey), id}); }

    // ---- the lanes' locks ----
    bool tryLock(const scheduler::LaneTerm& term, core::Instant::duration atMost) {
        auto& lock = locks_[term.lane];
        if (lock.until > clock_.now()) return false;
        lock = {term.holder, clock_.now() + atMost};
        return true;
    }
    bool extend(const scheduler::LaneTerm& term, core::Instant::duration atMost) {
        if (valid(term)) locks_[term.lane].until = clock_.now() + atMost;
        return valid(term);
    }
    void unlock(const scheduler::LaneTerm& term) {
        if (locks_[term.lane].holder == term.holder) locks_[term.lane].until = clock_.now();
    }
    bool valid(const scheduler::LaneTerm& term) const {
        const auto found = locks_.find(term.lane);
        return found != locks_.end() && found->second.holder == term.holder &&
               found->second.until > clock_.now();
    }

    // ---- OutboxSource ----
    std::vector<scheduler::LaneBounds> probe(std::span<const scheduler::Lane> lanes) override {
        std::vector<scheduler::LaneBounds> bounds;
        for (const auto lane : lanes) {
            const auto ids = idsOf(lane);
            if (!ids.empty()) bounds.push_back({lane, ids.front(), ids.back(), failedIn(lane)});
        }
        return bounds;
    }

    scheduler::LaneBatch read(const scheduler::LaneTerm& term, std::int64_t cursor, std::size_t limit,
                              const scheduler::KnownRows& known) override {
        scheduler::LaneBatch batch;
        batch.cursor = cursor;
        if (!valid(term)) return batch;
        std::vector<std::int64_t> ids;
        for (const auto id : idsOf(term.lane)) {
            if (id > cursor && ids.size() < limit) ids.push_back(id);
        }
        if (!ids.empty()) batch.cursor = ids.back();
        if (betweenPolls) betweenPolls();
        auto late = idsOf(term.lane);
        std::erase_if(late, [&](auto id) {
            return id > batch.cursor || std::ranges::binary_search(known.ids, id) ||
                   std::ranges::binary_search(ids, id);
        });
        if (late.size() > limit) { // see OutboxSource::read
            late.resize(limit);
            std::erase_if(ids, [&](auto id) { return id > late.back(); });
            batch.cursor = std::max(cursor, late.back());
        }
        batch.more = std::max(ids.size(), late.size()) == limit;
        ids.insert(ids.end(), late.begin(), late.end());
        std::ranges::sort(ids);
        for (const auto id : ids) {
            const auto& record = events_.at(id);
            auto& row = batch.rows.emplace_back();
            row.record = record;
            row.keyHeld = keyHeld(record.orderKey, id);
            row.keyPaused = keyPaused(record.orderKey, id);
            row.eventMissing = removed_.contains(id);
        }
        return batch;
    }

    scheduler::MarkResult mark(const scheduler::LaneTerm& term, std::span<const std::int64_t> settled,
                               std::span<const scheduler::HeldRecord> held) override {
        if (!valid(term)) return scheduler::MarkResult::lost;
        for (const auto id : settled) queue_.erase({term.lane, id});
        for (const auto& row : held) {
            queue_.erase({term.lane, row.id});
            held_.insert_or_assign(row.id, row);
        }
        return scheduler::MarkResult::marked;
    }

    // As LaneControl::run.
    scheduler::MarkResult run(const scheduler::LaneTerm& term,
                              std::span<const scheduler::LaneCommand> commands) {
        if (!valid(term)) return scheduler::MarkResult::lost;
        for (const auto& command : commands) {
            if (done_.insert(command.id).second) execute(term.lane, command);
        }
        return scheduler::MarkResult::marked;
    }

    // ---- what a test looks at ----
    std::size_t pending() const { return queue_.size(); }
    const std::map<std::int64_t, scheduler::HeldRecord>& held() const { return held_; }
    const std::map<std::int64_t, scheduler::OutboxRecord>& events() const { return events_; }

    // Runs between poll A and poll B: where late commits slip in.
    std::function<void()> betweenPolls;

private:
    void enqueue(std::int64_t id) { queue_.insert({laneOf(events_.at(id).orderKey), id}); }
    void execute(scheduler::Lane lane, const scheduler::LaneCommand& command) {
        using Kind = scheduler::LaneCommand::Kind;
        using State = scheduler::HeldRecord::State;
        const auto ofKey = [&](const auto& row) { return row.second.orderKey == command.orderKey; };
        const auto inRange = [&](std::int64_t id) { return id >= command.event && id <= command.upTo; };
        if (command.kind == Kind::republish) {
            for (const auto id : committed_) {
                if (inRange(id) && laneOf(events_.at(id).orderKey) == lane && !held_.contains(id))
                    enqueue(id);
            }
        }
        if (command.kind == Kind::discard) {
            std::erase_if(held_, [&](const auto& row) { return ofKey(row) && inRange(row.first); });
            if (std::ranges::any_of(
                    held_, [&](const auto& row) { return ofKey(row) && row.second.state != State::parked; }))
                return;
        }
        if (command.kind == Kind::redrive || command.kind == Kind::discard) {
            for (const auto& row : held_) {
                if (ofKey(row)) enqueue(row.first);
            }
            std::erase_if(held_, ofKey);
        }
    }
    bool keyHeld(const std::string& key, std::int64_t before) const {
        return std::ranges::any_of(
            held_, [&](const auto& row) { return row.second.orderKey == key && row.first < before; });
    }
    bool keyPaused(const std::string& key, std::int64_t before) const {
        return std::ranges::any_of(held_, [&](const auto& row) {
            return row.second.orderKey == key && row.first < before &&
                   row.second.state == scheduler::HeldRecord::State::paused;
        });
    }
    bool failedIn(scheduler::Lane lane) const {
        return std::ranges::any_of(held_, [&](const auto& row) {
            return laneOf(row.second.orderKey) == lane &&
                   row.second.state == scheduler::HeldRecord::State::failed;
        });
    }
    struct Lock {
        std::string holder;
        core::Instant until{};
    };
    std::vector<std::int64_t> idsOf(scheduler::Lane lane) const {
        std::vector<std::int64_t> ids;
        for (auto next = queue_.lower_bound({lane, 0}); next != queue_.end() && next->first == lane; ++next) {
            ids.push_back(next->second);
        }
        return ids;
    }

    const core::Clock& clock_;
    std::int64_t lastId_ = 0;
    std::map<std::int64_t, scheduler::OutboxRecord> events_;
    std::set<std::int64_t> committed_, removed_;
    std::set<std::int64_t> done_; // commands
    std::set<std::pair<scheduler::Lane, std::int64_t>> queue_;
    std::map<std::int64_t, scheduler::HeldRecord> held_;
    std::map<scheduler::Lane, Lock> locks_;
};

} // namespace outboxd::testing
