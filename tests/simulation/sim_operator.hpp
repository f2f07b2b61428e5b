// An operator at work: redrives, discards, republishes, pauses topics, repartitions them; and what he mends.
#pragma once

#include "tests/simulation/sim_db.hpp"
#include "tests/simulation/sim_kafka.hpp"

namespace outboxd::simulation {

class SimOperator {
public:
    SimOperator(SimDb& db, SimKafka& kafka, Dice& dice, int topics, unsigned kinds)
        : db_(db), kafka_(kafka), dice_(dice), topics_(topics), kinds_(kinds) {}

    // One thing, at random.
    void act();
    // Goes on with what was begun. Repartitions and resumptions take several steps.
    void goOn();
    // Ends what was begun, begins nothing.
    bool finished() const { return phase_ == Phase::none && db_.paused().empty(); }
    void finish();

    // Mends whatever was refused and orders everything held to be sent.
    void mendAll();

private:
    enum class Phase { none, paused, pausing_to_repartition, repartitioned, resumed };

    void redriveOne();
    void discardOne();
    void republishSome();
    void mendOne();
    void begin(Phase phase);
    void resume();
    void sync();
    bool done() const; // the commands of the phase
    void redriveKey(int key);
    void redrivePaused();

    SimDb& db_;
    SimKafka& kafka_;
    Dice& dice_;
    const int topics_;
    const unsigned kinds_; // of orders, a bit each
    Phase phase_ = Phase::none;
    int topic_ = 0;
    std::size_t firstCommand_ = 0; // of the phase
};

} // namespace outboxd::simulation
