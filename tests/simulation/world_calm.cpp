// The end of a history: no more faults, and what must then come true.
#include "tests/simulation/world.hpp"

#include <algorithm>
#include <utility>

namespace outboxd::simulation {

using namespace std::chrono_literals;

namespace {

constexpr Time kBound = 180s; // longer than any lease, patience, pause and back-off of the rules together

} // namespace

void World::calm() {
    calm_ = true;
    while (!open_.empty()) commitOne();
    orphans_.clear();
    for (auto& node : nodes_) {
        node.restartAt = {};
        if (!node.process) continue;
        node.process->databaseUp = true;
        node.process->pausedUntil = node.process->keeperHangsUntil = {};
        node.process->pausedUntilStep = std::numeric_limits<int>::max();
    }
    for (int broker = 0; broker < shape_.brokers; ++broker) kafka_.stall(broker, false);

    settleDown(&World::mostlyDone, "the queue is not empty");
    checkHeld();
    operator_.mendAll();
    settleDown(&World::allDone, "what was redriven is not sent");
    checkDelivered();
}

void World::settleDown(bool (World::*reached)() const, const char* what) {
    const auto end = now_ + kBound;
    Time pause = 1ms;
    std::size_t before = 0;
    while (!(this->*reached)()) {
        if (now_ >= end)
            throw Breach(std::string(what) + ", long after the last fault: " + std::to_string(db_.pending()) +
                         " queued, " + std::to_string(db_.heldRows()) + " held");
        replaceFinished();
        operator_.finish();
        std::size_t state = db_.pending() + db_.heldRows() + db_.commands().size();
        for (auto& node : nodes_) {
            if (pause >= 20ms || dice_.oneIn(20)) look(node);
            for (int i = 0; i < 4; ++i) {
                calmRules(*node.process);
                while (node.process->stepClient()) {
                }
                while (kafka_.serve(dice_)) {
                }
            }
            state = state * 31 + node.process->outstanding();
        }
        pause = state == before ? std::min<Time>(pause * 2, 200ms) : Time{1ms};
        before = state;
        now_ += pause;
    }
}

void World::calmRules(Process& process) {
    bool rested = false;
    for (;;) {
        process.executeStatements();
        if (process.idle() && process.rested() && std::exchange(rested, true)) return;
        process.stepRules();
    }
}

// A lane that waits for its operator is not the relay's to empty.
bool World::mostlyDone() const {
    if (!operator_.finished() || !ordersDone()) return false;
    for (Lane lane = 0; lane < db_.lanes(); ++lane) {
        const bool blocked = shape_.process.rules.onFailure == scheduler::relay::OnFailure::block &&
                             std::ranges::any_of(db_.held(lane), [](const auto& row) {
                                 return row.second.state == HeldRecord::State::failed;
                             });
        if (!db_.queue(lane).empty() && !blocked) return false;
    }
    return true;
}

bool World::allDone() const { return db_.pending() == 0 && db_.heldRows() == 0 && ordersDone(); }

bool World::ordersDone() const {
    return std::ranges::all_of(db_.commands(), [](const auto& order) { return order.done; });
}

// Whatever is held has a reason.
void World::checkHeld() const {
    for (Lane lane = 0; lane < db_.lanes(); ++lane) {
        std::set<int> failed;
        for (const auto& [id, row] : db_.held(lane))
            if (row.state == HeldRecord::State::failed) failed.insert(row.key);
        for (const auto& [id, row] : db_.held(lane)) {
            if (!failed.contains(row.key))
                throw Breach("event " + std::to_string(id) +
                             " is held for nothing: of its key nothing failed, and no topic is paused");
        }
    }
}

void World::checkDelivered() const {
    for (const auto id : committed_) {
        const auto& event = judge_.facts(id);
        if (!event.inLog && !event.waived && !event.hasNothing)
            throw Breach("event " + std::to_string(id) + " never reached the log");
    }
}

} // namespace outboxd::simulation
