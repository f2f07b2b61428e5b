#include "tests/simulation/world.hpp"

#include <algorithm>
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
      judge_(shape_.topics, shape_.process.rules.onFailure == scheduler::relay::OnFailure::skip, trace_),
      db_(now_, judge_, mutant, shape_.lanes, shape_.topics),
      kafka_(now_, judge_, shape_.brokers, shape_.topics, shape_.partitions),
      operator_(db_, kafka_, dice_, shape_.topics, shape_.orders),
      nodes_(static_cast<std::size_t>(shape_.nodes)) {
    for (auto& node : nodes_) startNode(node);
}

void World::startNode(Node& node) {
    auto settings = shape_.process;
    settings.number = number(node);
    settings.leases.node = "n" + std::to_string(settings.number);
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
    if (dice_.roll(1000) < shape_.trouble) return fault(anyNode());
    auto& node = anyNode();
    switch (shape_.next(dice_)) {
    case Act::write: write(); break;
    case Act::wait: timePasses(); break;
    case Act::order:
        replaceFinished();
        operator_.act();
        break;
    case Act::look: look(node); break;
    case Act::database: databaseWorks(); break;
    case Act::brokers: brokersWork(); break;
    case Act::client: runClient(node, dice_.between(1, 4)); break;
    case Act::rules: runRules(node, dice_.between(1, 24)); break;
    }
    now_ += Time{dice_.roll(300)};
}

bool World::awake(const Process& process) const {
    return process.pausedUntil <= now_ && steps_ <= process.pausedUntilStep;
}

void World::timePasses() {
    const bool anyPaused = std::ranges::any_of(
        nodes_, [&](const auto& node) { return node.process && node.process->pausedUntil > now_; });
    if (dice_.oneIn(anyPaused ? 4 : 12)) {
        now_ += Time{dice_.roll(static_cast<std::size_t>(shape_.lease.count()) * 3 / 2)};
    } else {
        now_ += Time{dice_.roll(dice_.oneIn(3) ? 100'000 : 10'000)};
    }
}

// Pauses and crashes come at any step.
bool World::goesOn(Node& node, const Process* process) {
    if (node.process.get() != process || !awake(*process)) return false;
    if (process->midway() && dice_.oneIn(8)) commitOne(); // a late one
    const unsigned of = shape_.sniper && process->midway() ? 700 : 20'000;
    if (dice_.roll(of) >= shape_.trouble) return true;
    switch (dice_.roll(6)) {
    case 0: crash(node); break;
    case 1: node.process->cutDatabase(orphans_); break;
    default: pause(node);
    }
    return false;
}

void World::runRules(Node& node, unsigned most) {
    const auto process = node.process;
    bool rested = false;
    for (; most > 0 && process && goesOn(node, process.get()); --most) {
        if (process->idle() && process->rested() && std::exchange(rested, true)) return;
        if (!process->stepRules()) return;
        if (dice_.roll(8) < shape_.haste) process->executeStatements();
    }
}

void World::runClient(Node& node, unsigned most) {
    const auto process = node.process;
    for (; most > 0 && process && goesOn(node, process.get()); --most)
        if (!process->stepClient()) return;
}

void World::look(const Node& node) {
    const auto process = node.process; // keeps it while it is at work and dies
    if (!process || !awake(*process) || process->dead() || process->keeperHangsUntil > now_) return;
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
    for (auto most = dice_.between(1, 30); (most > 0 || !awake(process)) && steps_ > 0;) {
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
    if (const auto& process = anyNode().process) process->executeStatements();
}

void World::brokersWork() {
    for (auto most = dice_.between(1, 5); most > 0 && kafka_.serve(dice_); --most) {
    }
}

void World::replaceFinished() {
    for (auto& node : nodes_) {
        if (node.process && node.process->finished()) {
            node.process->end();
            node.process->die(orphans_);
            node.process.reset();
            trace_("a node has drained");
        }
        if (!node.process && now_ >= node.restartAt) startNode(node);
    }
}

// ---- writers ----

void World::write() {
    // Spread over the whole storm.
    if (dice_.roll(static_cast<std::size_t>(shape_.steps)) >= static_cast<unsigned>(shape_.writes) * 7) {
        if (dice_.oneIn(4)) commitOne();
        return;
    }
    const auto key = static_cast<int>(dice_.roll(static_cast<std::size_t>(shape_.keys)));
    if (open_.contains(key)) return; // somebody holds its lock
    insert(key);
    if (!dice_.oneIn(shape_.late)) commit(key);
}

void World::insert(int key) {
    auto& transaction = open_[key];
    for (auto rows = dice_.oneIn(4) ? 3 : 1; rows > 0; --rows) {
        const auto topic = dice_.oneIn(8)
                               ? static_cast<int>(dice_.roll(static_cast<std::size_t>(shape_.topics)))
                               : key % shape_.topics;
        const auto id = db_.insert(key, topic);
        transaction.push_back(id);
        if (dice_.oneIn(shape_.refused)) dice_.oneIn(3) ? db_.makeUnsendable(id) : kafka_.refuse(id);
        if (dice_.oneIn(200)) db_.loseEvent(id);
    }
    trace_("key ", key, " inserts ", transaction.front(), "..", transaction.back());
}

void World::commit(int key) {
    for (const auto id : open_.at(key)) {
        db_.commit(id);
        committed_.push_back(id);
    }
    open_.erase(key);
    trace_("key ", key, " commits");
}

void World::commitOne() {
    if (open_.empty()) return;
    auto chosen = open_.begin();
    std::advance(chosen, dice_.roll(open_.size()));
    const auto key = chosen->first;
    if (dice_.oneIn(10)) {
        trace_("key ", key, " rolls back");
        open_.erase(chosen);
        return;
    }
    commit(key);
    if (calm_ || !dice_.oneIn(shape_.hot)) return;
    insert(key); // somebody waited for the lock
    commit(key);
}

// ---- faults ----

void World::crash(Node& node) {
    if (!node.process) return;
    trace_("node ", number(node), " crashes");
    node.process->die(orphans_);
    node.process.reset();
    node.restartAt =
        now_ +
        Time{dice_.roll(dice_.oneIn(2) ? 100'000 : static_cast<std::size_t>(shape_.lease.count()) * 2)};
}

Time World::someLeases() { return Time{dice_.roll(static_cast<std::size_t>(shape_.lease.count()) * 5 / 2)}; }

void World::pause(Node& node) {
    if (!node.process) return;
    trace_("node ", number(node), " is paused");
    node.process->pausedUntil = now_ + someLeases();
    // Time may pass quickly: some pauses last until the others have done a lot.
    if (dice_.oneIn(4)) node.process->pausedUntilStep = steps_ - static_cast<int>(dice_.roll(800));
}

void World::fault(Node& node) {
    const auto kind = dice_.roll(15);
    if ((shape_.faults >> kind & 1U) == 0) return;
    if (!node.process) return replaceFinished();
    const auto who = number(node);
    const auto broker = static_cast<int>(dice_.roll(static_cast<std::size_t>(shape_.brokers)));
    auto& process = *node.process;
    switch (kind) {
    case 0:
    case 1: pause(node); break;
    case 2: crash(node); break;
    case 3:
        trace_("node ", who, " loses its connections to the database");
        process.cutDatabase(orphans_);
        break;
    case 4:
        trace_("node ", who, process.databaseUp ? " does not reach the database" : " reaches the database");
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
        trace_("node ", who, " loses its connection to broker ", broker);
        process.resetBroker(broker);
        break;
    case 9:
        trace_("bytes of connections that are gone are lost");
        kafka_.dropStrays(dice_);
        break;
    case 10:
        trace_("node ", who, ": its producers turn fatal");
        process.breakProducers();
        break;
    case 11:
        trace_("node ", who, ": its clock jumps");
        process.jumpClock(Time{dice_.roll(static_cast<std::size_t>(shape_.lease.count()))});
        break;
    case 13:
        trace_("node ", who, ": its lease keeper hangs");
        process.keeperHangsUntil = now_ + someLeases() * 3;
        break;
    case 12:
        if (process.lanes().empty()) break;
        trace_("node ", who, " is to hand a lane over");
        process.tell(scheduler::relay::HandOver{process.lanes().front()});
        break;
    default:
        if (!dice_.oneIn(3)) break;
        trace_("node ", who, " is told to stop");
        process.drain();
    }
}

} // namespace outboxd::simulation
