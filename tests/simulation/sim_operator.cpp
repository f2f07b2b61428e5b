#include "tests/simulation/sim_operator.hpp"

#include "tests/simulation/commands_operation.hpp"

namespace outboxd::simulation {

using scheduler::LaneCommand;

void SimOperator::act() {
    if (phase_ != Phase::none && dice_.oneIn(2)) return goOn();
    const auto kind = dice_.roll(10);
    if ((kinds_ >> kind & 1U) == 0) return goOn();
    switch (kind) {
    case 0:
    case 1:
    case 2: redriveOne(); break;
    case 3: mendOne(); break;
    case 4: discardOne(); break;
    case 5: republishSome(); break;
    case 6: begin(Phase::paused); break;
    case 7: begin(Phase::pausing_to_repartition); break;
    case 8:
        if (kafka_.partitions(topic_) < 5)
            kafka_.grow(static_cast<int>(dice_.roll(static_cast<std::size_t>(topics_))));
        break;
    default: goOn(); break;
    }
}

void SimOperator::redriveKey(int key) {
    const auto lane = db_.laneOf(key);
    if (db_.mutant() == Mutant::redrive_outside_owner) {
        redriveAll(db_, lane, key);
        return;
    }
    db_.order({0, lane, LaneCommand::Kind::redrive, SimDb::keyName(key), 0, 0},
              db_.now() + Time{dice_.oneIn(4) ? dice_.roll(200'000) : 0});
}

void SimOperator::redriveOne() {
    const auto& held = db_.held(static_cast<Lane>(dice_.roll(static_cast<std::size_t>(db_.lanes()))));
    if (held.empty()) return;
    auto row = held.begin();
    std::advance(row, dice_.roll(held.size()));
    redriveKey(row->second.key);
}

void SimOperator::discardOne() {
    const auto lane = static_cast<Lane>(dice_.roll(static_cast<std::size_t>(db_.lanes())));
    for (const auto& [id, row] : db_.held(lane)) {
        if (row.state != HeldRecord::State::failed || dice_.oneIn(2)) continue;
        db_.order({0, lane, LaneCommand::Kind::discard, SimDb::keyName(row.key), id, id + dice_.roll(3)},
                  db_.now());
        return;
    }
}

void SimOperator::republishSome() {
    const auto from = 1 + static_cast<Id>(dice_.roll(static_cast<std::size_t>(db_.lastId() + 1)));
    const auto upTo = std::min<Id>(db_.lastId(), from + dice_.roll(6));
    const auto lane = static_cast<Lane>(dice_.roll(static_cast<std::size_t>(db_.lanes())));
    db_.order({0, lane, LaneCommand::Kind::republish, {}, from, upTo}, db_.now());
}

void SimOperator::mendOne() {
    if (const auto& refused = kafka_.refused(); !refused.empty()) kafka_.cure(*refused.begin());
    if (auto& refused = db_.unsendable(); !refused.empty()) refused.erase(refused.begin());
}

// ---- pauses and repartitions ----

void SimOperator::begin(Phase phase) {
    if (phase_ != Phase::none) return;
    topic_ = static_cast<int>(dice_.roll(static_cast<std::size_t>(topics_)));
    if (phase == Phase::pausing_to_repartition && db_.pinned(topic_) == 0) return;
    phase_ = phase;
    db_.pause(topic_);
    sync();
}

void SimOperator::sync() {
    firstCommand_ = db_.commands().size();
    for (Lane lane = 0; lane < db_.lanes(); ++lane)
        db_.order({0, lane, LaneCommand::Kind::sync, {}, 0, 0}, db_.now());
}

bool SimOperator::done() const {
    const auto& commands = db_.commands();
    for (auto i = firstCommand_; i < firstCommand_ + static_cast<std::size_t>(db_.lanes()); ++i)
        if (!commands[i].done) return false;
    return true;
}

void SimOperator::goOn() {
    switch (phase_) {
    case Phase::none: return;
    case Phase::paused:
        if (done()) db_.judge().pauseKnown(topic_);
        if (dice_.oneIn(5)) resume();
        return;
    case Phase::pausing_to_repartition:
        if (!done()) return;
        db_.judge().pauseKnown(topic_);
        if (dice_.oneIn(2)) kafka_.grow(topic_);
        db_.pin(topic_, kafka_.partitions(topic_));
        phase_ = Phase::repartitioned;
        sync();
        return;
    case Phase::repartitioned:
        if (done()) resume();
        return;
    case Phase::resumed:
        if (!done()) return;
        redrivePaused();
        phase_ = Phase::none;
        return;
    }
}

void SimOperator::resume() {
    db_.resume(topic_);
    db_.judge().pauseEnds(topic_);
    phase_ = Phase::resumed;
    sync();
}

// Only when every owner knows of the resumption: until then rows are held as PAUSED.
void SimOperator::redrivePaused() {
    for (Lane lane = 0; lane < db_.lanes(); ++lane) {
        std::set<int> paused;
        for (const auto& [id, row] : db_.held(lane))
            if (row.state == HeldRecord::State::paused) paused.insert(row.key);
        for (const auto key : paused) redriveKey(key);
    }
}

void SimOperator::finish() {
    if (phase_ == Phase::paused) return resume();
    goOn();
}

void SimOperator::mendAll() {
    while (!kafka_.refused().empty() || !db_.unsendable().empty()) mendOne();
    for (Lane lane = 0; lane < db_.lanes(); ++lane) {
        std::set<int> keys;
        for (const auto& [id, row] : db_.held(lane)) keys.insert(row.key);
        for (const auto key : keys) redriveKey(key);
    }
}

} // namespace outboxd::simulation
