#include "tests/simulation/shape.hpp"

namespace outboxd::simulation {

using scheduler::relay::OnFailure;
using std::chrono::milliseconds;

Shape Shape::of(Dice& dice) {
    Shape shape{};
    shape.nodes = static_cast<int>(dice.between(1, 3));
    shape.lanes = static_cast<int>(dice.between(1, 3));
    shape.topics = static_cast<int>(dice.between(1, 2));
    shape.partitions = static_cast<int>(dice.between(1, 3));
    shape.brokers = static_cast<int>(dice.between(1, 2));
    shape.keys = static_cast<int>(dice.between(1, 8));
    shape.writes = static_cast<int>(dice.between(10, 150));
    shape.steps = static_cast<int>(dice.between(300, 3000));
    shape.trouble = dice.between(5, 60);
    shape.refused = dice.oneIn(3) ? 1'000'000 : dice.between(8, 40);
    shape.haste = dice.between(3, 8);
    shape.lease = milliseconds{dice.between(300, 3000)};

    auto& rules = shape.process.rules;
    rules.pollInterval = milliseconds{dice.between(5, 50)};
    rules.markInterval = milliseconds{dice.between(0, 20)};
    rules.stallAfter = milliseconds{dice.between(300, 5000)};
    rules.rebuildDelay = milliseconds{dice.between(5, 100)};
    rules.purgePatience = milliseconds{dice.between(1000, 10000)};
    rules.settleTime = milliseconds{dice.between(200, 5000)};
    rules.batchSize = dice.between(1, 9);
    rules.largestBatch = rules.batchSize * dice.between(1, 3);
    rules.soloWindow = dice.between(1, 5);
    rules.busyRate = dice.oneIn(2) ? 1500 : dice.between(1, 100);
    rules.busyMarkInterval = milliseconds{dice.between(10, 100)};
    rules.readSpacing = milliseconds{dice.between(0, 5)};
    rules.markBatch = dice.between(1, 20);
    rules.maxInFlightRows = dice.between(3, 40);
    rules.onFailure = dice.oneIn(5) ? OnFailure::skip : dice.oneIn(4) ? OnFailure::block : OnFailure::park;

    shape.process.leases.node = "node";
    shape.process.leases.lease = std::chrono::duration_cast<milliseconds>(shape.lease);
    shape.process.leases.renewEvery = shape.process.leases.lease / 3;
    shape.process.limits.batch = dice.between(1, 7);
    shape.process.limits.queue = dice.oneIn(3) ? dice.between(1, 6) : 1000;
    return shape;
}

} // namespace outboxd::simulation
