#include "tests/simulation/world.hpp"

#include <utility>

namespace outboxd::simulation {

using std::chrono::milliseconds;

std::optional<std::string> simulate(std::uint64_t seed, Mutant mutant, std::ostream* trace) {
    World world(seed, mutant, trace);
    try {
        world.storm();
        world.calm();
    } catch (const Breach& breach) {
        return breach.what();
    }
    return std::nullopt;
}

World::World(std::uint64_t seed, Mutant mutant, std::ostream* trace)
    : dice_(seed), trace_(now_, trace), shape_(Shape::of(dice_)), steps_(shape_.steps),
      writes_(shape_.writes),
      judge_(shape_.topics, shape_.process.rules.onFailure == scheduler::relay::OnFailure::skip, trace_),
      db_(now_, judge_, mutant, shape_.lanes, shape_.topics),
      kafka_(now_, judge_, shape_.brokers, shape_.topics, shape_.partitions),
      operator_(db_, kafka_, dice_, shape_.topics), nodes_(static_cast<std::size_t>(shape_.nodes)) {
    for (auto& node : nodes_) startNode(node);
}

void World::startNode(Node& node) {
    auto settings = shape_.process;
    settings.number = static_cast<int>(&node - nodes_.data());
    settings.clockOffset = milliseconds{dice_.roll(100'000)};
    settings.clockPerMille = static_cast<int>(dice_.oneIn(3) ? dice_.between(900, 1100) : 1000);
    node.process = std::make_shared<Process>(settings, now_, db_, kafka_, dice_, *this);
}

// ---- the storm ----

void World::storm() {
    while (steps_ > 0) step();
}

void World::step() {
    --steps_;
    if (dice_.roll(1000) < shape_.trouble) return fault();
    auto& node = anyNode();
    const auto process = node.process;
    switch (dice_.roll(20)) {
    case 0:
    case 1:
    case 2: write(); break;
    case 3: timePasses(); break;
    case 4:
        replaceFinished();
        operator_.act();
        break;
    case 5:
    case 6: look(process); break;
    case 7:
    case 8: databaseWorks(); break;
    case 9:
    case 10:
    case 11: brokersWork(); break;
    case 12:
    case 13:
    case 14:
        if (!awake(process)) break;
        for (auto most = dice_.between(1, 4); most > 0 && process->stepClient(); --most) {
        }
        break;
    default: runRules(process, dice_.between(1, 24));
    }
    now_ += Time{dice_.roll(300)};
}

bool World::awake(const Held& process) const { return process && process->pausedUntil <= now_; }

void World::timePasses() {
    if (dice_.oneIn(12)) {
        now_ += Time{dice_.roll(static_cast<std::size_t>(shape_.lease.count()) * 3 / 2)};
    } else {
        now_ += Time{dice_.roll(dice_.oneIn(3) ? 100'000 : 10'000)};
    }
}

void World::runRules(const Held& process, unsigned most) {
    bool rested = false;
    for (; most > 0 && awake(process) && !process->dead(); --most) {
        if (process->idle() && process->rested() && std::exchange(rested, true)) return;
        if (!process->stepRules()) return;
        if (dice_.roll(8) < shape_.haste) process->executeStatement();
    }
}

void World::look(const Held& process) {
    if (!awake(process) || process->dead()) return;
    try {
        process->look();
    } catch (const Killed&) {
    }
}

void World::elsewhere(Process& process) {
    if (calm_ || depth_ >= 2 || !dice_.oneIn(6)) return;
    ++depth_;
    struct Back {
        int& depth;
        ~Back() { --depth; }
    } back{depth_};
    for (auto most = dice_.between(1, 30); (most > 0 || process.pausedUntil > now_) && steps_ > 0;) {
        if (most > 0) --most;
        step();
        if (process.dead()) throw Killed{};
    }
}

void World::databaseWorks() {
    if (!orphans_.empty() && dice_.oneIn(2)) {
        const auto which = dice_.roll(orphans_.size());
        auto orphan = std::move(orphans_[which]);
        orphans_.erase(orphans_.begin() + which);
        if (orphan.sent && dice_.oneIn(2)) orphan.operation->execute(); // its bytes arrive after all
        return;
    }
    if (const auto& process = anyNode().process) process->executeStatement();
}

void World::brokersWork() {
    for (auto most = dice_.between(1, 5); most > 0 && kafka_.serve(dice_); --most) {
    }
}

void World::replaceFinished() {
    for (auto& node : nodes_) {
        if (node.process && node.process->finished()) {
            node.process->releaseAll();
            node.process->die(orphans_);
            node.process.reset();
            trace_("a node has drained");
        }
        if (!node.process && now_ >= node.restartAt) startNode(node);
    }
}

// ---- writers ----

void World::write() {
    if (writes_ <= 0 || dice_.oneIn(3)) return commitOne();
    const auto key = static_cast<int>(dice_.roll(static_cast<std::size_t>(shape_.keys)));
    if (open_.contains(key)) return; // somebody holds its lock
    auto& transaction = open_[key];
    for (auto rows = dice_.oneIn(4) ? 3 : 1; rows > 0; --rows, --writes_) {
        const auto topic = dice_.oneIn(8)
                               ? static_cast<int>(dice_.roll(static_cast<std::size_t>(shape_.topics)))
                               : key % shape_.topics;
        transaction.push_back(db_.insert(key, topic));
        if (dice_.oneIn(shape_.refused))
            dice_.oneIn(3) ? void(db_.unsendable().insert(transaction.back()))
                           : kafka_.refuse(transaction.back());
        if (dice_.oneIn(200)) db_.loseEvent(transaction.back());
    }
    trace_("key ", key, " inserts ", transaction.front(), "..", transaction.back());
    if (!dice_.oneIn(3)) {
        for (const auto id : transaction) db_.commit(id), committed_.push_back(id);
        open_.erase(key);
    }
}

void World::commitOne() {
    if (open_.empty()) return;
    auto chosen = open_.begin();
    std::advance(chosen, dice_.roll(open_.size()));
    const bool rollback = dice_.oneIn(10);
    trace_("key ", chosen->first, rollback ? " rolls back" : " commits");
    if (!rollback)
        for (const auto id : chosen->second) db_.commit(id), committed_.push_back(id);
    open_.erase(chosen);
}

// ---- faults ----

void World::crash(Node& node) {
    if (!node.process) return;
    node.process->die(orphans_);
    node.process.reset();
    node.restartAt =
        now_ +
        Time{dice_.roll(dice_.oneIn(2) ? 100'000 : static_cast<std::size_t>(shape_.lease.count()) * 2)};
}

void World::fault() {
    auto& node = anyNode();
    const auto number = &node - nodes_.data();
    const auto broker = static_cast<int>(dice_.roll(static_cast<std::size_t>(shape_.brokers)));
    if (!node.process) return replaceFinished();
    auto& process = *node.process;
    switch (dice_.roll(14)) {
    case 0:
    case 1:
        process.pausedUntil = now_ + Time{dice_.roll(static_cast<std::size_t>(shape_.lease.count()) * 5 / 2)};
        trace_("node ", number, " is paused");
        break;
    case 2:
        trace_("node ", number, " crashes");
        crash(node);
        break;
    case 3:
        trace_("node ", number, " loses its connections to the database");
        process.cutDatabase(orphans_);
        break;
    case 4:
        trace_("node ", number,
               process.databaseUp ? " does not reach the database" : " reaches the database");
        process.databaseUp = !process.databaseUp;
        break;
    case 5:
        if (!dice_.oneIn(3)) break;
        trace_("the database restarts");
        orphans_.clear();
        for (auto& other : nodes_)
            if (other.process) other.process->restartDatabase();
        break;
    case 6:
        trace_("broker ", broker, kafka_.up(broker) ? " stalls" : " goes on");
        kafka_.stall(broker, kafka_.up(broker));
        break;
    case 7:
    case 8:
        trace_("node ", number, " loses its connection to broker ", broker);
        process.resetBroker(broker);
        break;
    case 9:
        trace_("bytes of connections that are gone are lost");
        kafka_.dropStrays(dice_);
        break;
    case 10:
        trace_("node ", number, ": its producers turn fatal");
        process.breakProducers();
        break;
    case 11:
        trace_("node ", number, ": its clock jumps");
        process.jumpClock(Time{dice_.roll(static_cast<std::size_t>(shape_.lease.count()))});
        break;
    case 12:
        if (process.lanes().empty()) break;
        trace_("node ", number, " is to hand a lane over");
        process.tell(scheduler::relay::HandOver{process.lanes().begin()->second});
        break;
    default:
        if (!dice_.oneIn(3)) break;
        trace_("node ", number, " is told to stop");
        process.drain();
    }
}

} // namespace outboxd::simulation
