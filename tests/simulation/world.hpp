// A whole history from one seed: writers, nodes, an operator, the database, the brokers, and every fault there is. First
// a storm, then calm: what must hold at the end is asked when nothing hinders the relay any more.
#pragma once

#include "tests/simulation/process.hpp"
#include "tests/simulation/shape.hpp"
#include "tests/simulation/sim_operator.hpp"

#include <iosfwd>
#include <memory>

namespace outboxd::simulation {

// What went wrong with this seed, or nothing. `trace`: where the history is written, step by step; may be null.
std::optional<std::string> simulate(std::uint64_t seed, Mutant mutant, std::ostream* trace = nullptr);

class World final : public Surroundings {
public:
    World(std::uint64_t seed, Mutant mutant, std::ostream* trace);

    void storm();
    // The faults end. Throws Breach if the relay does not come to an end within the bound, or leaves anything behind.
    void calm();

    void elsewhere(Process& process) override;

private:
    struct Node {
        std::shared_ptr<Process> process;
        Time restartAt{};
    };

    void step();
    Node& anyNode() { return nodes_[dice_.roll(nodes_.size())]; }
    bool awake(const Process& process) const;

    void write();
    void insert(int key);
    void commit(int key);
    void commitOne();
    bool goesOn(Node& node, const Process* process);
    void runRules(Node& node, unsigned most);
    void runClient(Node& node, unsigned most);
    void look(const Node& node);
    void databaseWorks();
    void brokersWork();
    void timePasses();
    void startNode(Node& node);
    void replaceFinished();

    void fault(Node& node);
    void crash(Node& node);
    void pause(Node& node);
    Time someLeases();
    int number(const Node& node) const { return static_cast<int>(&node - nodes_.data()); }

    void settleDown(bool (World::*reached)() const, const char* what);
    bool mostlyDone() const;
    bool allDone() const;
    bool ordersDone() const;
    void calmRules(Process& process);
    void checkHeld() const;
    void checkDelivered() const;

    Dice dice_;
    Time now_{};
    const Trace trace_;
    const Shape shape_;
    int steps_ = 0;
    Judge judge_;
    SimDb db_;
    SimKafka kafka_;
    SimOperator operator_;
    std::vector<Node> nodes_;
    std::vector<Orphan> orphans_;
    std::map<int, std::vector<Id>> open_; // the writers' transactions, by key
    std::vector<Id> committed_;
    int depth_ = 0;
    bool calm_ = false;
};

} // namespace outboxd::simulation
