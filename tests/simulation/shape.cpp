#include "tests/simulation/shape.hpp"

#include <numeric>

namespace outboxd::simulation {

using scheduler::relay::OnFailure;
using std::chrono::milliseconds;

Shape Shape::of(Dice& dice) {
    Shape shape{};
    shape.nodes = static_cast<int>(dice.between(1, 3));
    shape.lanes = dice.oneIn(2) ? 1 : static_cast<int>(dice.between(2, 3));
    shape.topics = static_cast<int>(dice.between(1, 2));
    shape.partitions = static_cast<int>(dice.between(1, 3));
    shape.brokers = static_cast<int>(dice.between(1, 2));
    shape.keys = static_cast<int>(dice.between(2, 8));
    shape.writes = static_cast<int>(dice.between(20, 200));
    shape.steps = static_cast<int>(dice.between(600, 5000));
    constexpr std::array<unsigned, kActs> usual{3, 1, 1, 2, 2, 3, 3, 5};
    for (std::size_t act = 0; act < kActs; ++act) shape.weights[act] = usual[act] * 2 << dice.roll(3);
    shape.trouble = dice.between(5, 60);
    shape.sniper = dice.oneIn(2);
    for (unsigned kind = 0; kind < 32; ++kind) {
        shape.faults |= dice.roll(3) == 0 ? 0U : 1U << kind;
        shape.orders |= dice.roll(3) == 0 ? 0U : 1U << kind;
    }
    shape.late = dice.between(2, 6);
    shape.hot = dice.between(1, 3);
    shape.refused = dice.oneIn(3) ? 1'000'000 : dice.between(8, 40);
    shape.haste = dice.between(3, 8);
    shape.lease = milliseconds{dice.between(300, 3000)};

    auto& rules = shape.process.rules;
    rules.pollInterval = milliseconds{dice.between(5, 50)};
    rules.markInterval = milliseconds{dice.between(0, 100)};
    rules.stallAfter = milliseconds{dice.between(300, 5000)};
    rules.rebuildDelay = milliseconds{dice.between(5, 100)};
    rules.purgePatience = milliseconds{dice.between(1000, 10000)};
    rules.settleTime = milliseconds{dice.between(200, 5000)};
    rules.batchSize = dice.between(1, 9);
    rules.largestBatch = rules.batchSize * dice.between(1, 3);
    rules.soloWindow = dice.between(1, 5);
    rules.busyRate = dice.oneIn(2) ? 1500 : dice.between(1, 100);
    rules.readSpacing = milliseconds{dice.between(0, 5)};
    rules.markBatch = dice.between(1, 20);
    rules.maxInFlightRows = dice.between(3, 40);
    rules.onFailure = dice.oneIn(5) ? OnFailure::skip : dice.oneIn(4) ? OnFailure::block : OnFailure::park;

    shape.process.leases.lease = std::chrono::duration_cast<milliseconds>(shape.lease);
    shape.process.leases.renewEvery = shape.process.leases.lease / 3;
    shape.process.smallestRange = dice.between(2, 6);
    shape.process.commandRows = dice.between(1, 5);
    shape.process.phantoms = dice.oneIn(2) ? 0 : static_cast<int>(dice.between(1, 14));
    shape.process.limits.batch = dice.between(1, 7);
    shape.process.limits.queue = dice.oneIn(3) ? dice.between(1, 6) : 1000;
    return shape;
}

Act Shape::next(Dice& dice) const {
    auto rolled = dice.roll(std::accumulate(weights.begin(), weights.end(), 0U));
    std::size_t act = 0;
    while (rolled >= weights[act]) rolled -= weights[act++];
    return static_cast<Act>(act);
}

} // namespace outboxd::simulation
