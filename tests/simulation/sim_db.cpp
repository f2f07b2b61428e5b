#include "tests/simulation/sim_db.hpp"

#include "tests/simulation/transaction.hpp"

namespace outboxd::simulation {

SimDb::SimDb(const Time& now, Judge& judge, Mutant mutant, int lanes, int topics)
    : now_(now), judge_(judge), mutant_(mutant), records_(1), queues_(static_cast<std::size_t>(lanes)),
      held_(queues_.size()), leases_(queues_.size()), memories_(queues_.size()),
      pins_(static_cast<std::size_t>(topics)) {}

Id SimDb::insert(int key, int topic) {
    const auto id = static_cast<Id>(records_.size());
    auto& record = records_.emplace_back();
    record.id = id;
    record.aggregateType = "t" + std::to_string(topic);
    record.orderKey = keyName(key);
    record.type = "Changed";
    record.payload = "{}";
    judge_.born(id, key, topic, now_);
    return id;
}

void SimDb::commit(Id id) {
    committed_.resize(records_.size());
    committed_[static_cast<std::size_t>(id)] = true;
    enqueue(id);
}

void SimDb::loseEvent(Id id) {
    missing_.insert(id);
    judge_.missing(id);
}

std::size_t SimDb::pending() const {
    std::size_t rows = 0;
    for (const auto& queue : queues_) rows += queue.size();
    return rows;
}

std::size_t SimDb::heldRows() const {
    std::size_t rows = 0;
    for (const auto& held : held_) rows += held.size();
    return rows;
}

void SimDb::enqueue(Id id) {
    auto& queue = queues_[laneOf(keyOfEvent(id))];
    const auto place = std::ranges::lower_bound(queue, id);
    if (place == queue.end() || *place != id) queue.insert(place, id);
}

void SimDb::dequeue(Id id) {
    auto& queue = queues_[laneOf(keyOfEvent(id))];
    const auto place = std::ranges::lower_bound(queue, id);
    if (place != queue.end() && *place == id) queue.erase(place);
}

bool SimDb::holds(const LaneTerm& term) const {
    const auto& lease = leases_[term.lane];
    return lease.holder == term.holder && lease.until > now_;
}

bool SimDb::leaseLocked(Lane lane) const {
    return std::ranges::any_of(
        open_, [&](const Transaction* other) { return other->holdsLease() && other->term().lane == lane; });
}

scheduler::LaneCare SimDb::enter(const LaneTerm& term) {
    constexpr int crashesBeforeCare = 3, triesBeforeVerdict = 2;
    auto& memory = memories_[term.lane];
    const auto lowest = queues_[term.lane].empty() ? 0 : queues_[term.lane].front();
    const bool died = !memory.holder.empty();
    if (lowest == 0) {
        memory.crashes = 0;
    } else if (lowest != memory.lowest) {
        memory.crashes = died ? 1 : 0;
    } else if (died) {
        ++memory.crashes;
    }
    if (memory.trying != 0 && !queued(memory.trying)) memory.trying = 0;
    if (memory.trying == 0) memory.tries = 0;
    if (memory.trying != 0 && died && memory.tryingSince &&
        now_ - *memory.tryingSince < std::chrono::seconds{30})
        ++memory.tries;
    memory.holder = term.holder;
    memory.lowest = lowest;
    memory.tryingSince.reset();

    scheduler::LaneCare care;
    care.careful = memory.crashes >= crashesBeforeCare;
    if (memory.tries >= triesBeforeVerdict && memory.trying != 0) {
        care.condemned = memory.trying;
        judge_.guilty(memory.trying);
    }
    return care;
}

void SimDb::noteTrying(const LaneTerm& term, Id id) {
    auto& memory = memories_[term.lane];
    if (memory.holder != term.holder) return;
    if (memory.trying != id) memory.tries = 0;
    if (memory.trying != id || !memory.tryingSince) memory.tryingSince = now_;
    memory.trying = id;
}

void SimDb::forgive(Lane lane) {
    auto& memory = memories_[lane];
    memory.crashes = memory.tries = 0;
    memory.trying = 0;
    memory.tryingSince.reset();
}

void SimDb::leave(const LaneTerm& term) {
    auto& memory = memories_[term.lane];
    if (memory.holder == term.holder) memory.holder.clear();
}

void SimDb::order(scheduler::LaneCommand command, Time notBefore) {
    command.id = static_cast<std::int64_t>(commands_.size()) + 1;
    commands_.push_back({std::move(command), notBefore, false});
}

void SimDb::pin(int topic, int partitions) {
    pins_[static_cast<std::size_t>(topic)] = partitions;
    judge_.layout(topic, partitions, now_);
}

bool Transaction::lock(const std::vector<Id>& rows) {
    for (const auto* other : db_.open()) {
        if (other == this) continue;
        for (const auto id : rows)
            if (std::ranges::find(other->rows_, id) != other->rows_.end()) return false;
    }
    rows_ = rows;
    return true;
}

bool Transaction::fence() {
    if (db_.mutant() == Mutant::mark_without_fence) return true;
    if (!db_.holds(term_)) return false;
    holdsLease_ = db_.mutant() != Mutant::fence_without_lock;
    return true;
}

} // namespace outboxd::simulation
