// The order promise under everything that can go wrong at once: three nodes, late commits, pauses beyond the lease,
// broken sessions, batches that land although they were reported failed, poisoned records, marks of unknown outcome.
// One seed is one history; a failing seed is printed and can be run alone with OUTBOXD_SIMULATION_SEED.
#include "tests/simulation/relay_node.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <random>

using namespace outboxd;
using namespace std::chrono_literals;
using testing::RelayNode;

namespace {

class World {
public:
    explicit World(unsigned seed) : dice_(seed), outbox_(clock_), sink_(3, 1 + seed % 7) {
        scheduler::relay::Settings settings;
        settings.batchSize = 1 + seed % 9;
        settings.maxInFlightRows = 5 + seed % 40;
        for (const auto* name : {"one", "two", "three"}) {
            nodes_.push_back(std::make_unique<RelayNode>(name, outbox_, sink_, clock_, settings));
        }
        outbox_.betweenPolls = [this] {
            while (roll(3) == 0 && commitOne()) {
            }
        };
    }

    void storm(int steps) {
        for (int i = 0; i < steps; ++i) {
            write();
            auto& node = *nodes_[roll(nodes_.size())];
            switch (roll(24)) {
            case 0: node.takeAll(); break;
            case 1: node.renew(); break;
            case 2: node.lose(static_cast<scheduler::Lane>(roll(6))); break;
            case 3: clock_.advance(std::chrono::milliseconds{roll(roll(20) == 0 ? 30000 : 200)}); break;
            case 4:
                sink_.failNextBatch(roll(2) == 0 ? testing::FakeEventSink::Landed::no
                                                 : testing::FakeEventSink::Landed::yes);
                break;
            case 5: roll(2) == 0 ? sink_.landStrays() : sink_.dropStrays(); break;
            case 6: roll(4) == 0 ? sink_.goDown() : sink_.comeBack(); break;
            case 7: roll(4) == 0 ? sink_.loseAcks() : sink_.returnAcks(); break;
            case 8: sink_.limitOutstanding(roll(3) == 0 ? roll(4) : 1000); break;
            case 9:
                roll(3) == 0 ? sink_.topicNotReady("outbox.event.thing")
                             : sink_.topicReady("outbox.event.thing");
                break;
            default: { // a pause of a node is the others being drawn for a while
                const auto run = roll(30);
                for (unsigned n = 0; n < run; ++n) node.stepOnce(markFault());
            }
            }
        }
    }

    // All faults end; one node after the other gets its turn until the queue is empty.
    void calm() {
        while (commitOne()) {
        }
        sink_.comeBack();
        sink_.returnAcks();
        sink_.topicReady("outbox.event.thing");
        sink_.limitOutstanding(100000);
        sink_.cancelFailures();
        for (int round = 0; round < 2000 && outbox_.pending() > 0; ++round) {
            clock_.advance(100ms);
            for (auto& node : nodes_) {
                node->renew();
                node->takeAll();
                for (int n = 0; n < 60; ++n) node->stepOnce();
            }
        }
        sink_.landStrays();
    }

    void check() const {
        BOOST_TEST(outbox_.pending() == 0u);
        std::map<std::string, std::vector<std::int64_t>> first; // ids per key by first delivery
        std::set<std::int64_t> seen;
        std::map<std::string, int> partitions;
        for (const auto& entry : sink_.log()) {
            const auto& key = entry.record.orderKey;
            BOOST_TEST(partitions.emplace(key, entry.partition).first->second == entry.partition);
            if (seen.insert(entry.record.id).second) first[key].push_back(entry.record.id);
        }
        for (const auto& [key, ids] : first) {
            BOOST_TEST(std::ranges::is_sorted(ids), "order of key " << key);
        }
        std::map<std::string, std::int64_t> firstPoison;
        for (const auto id : poison_) {
            const auto& key = outbox_.events().at(id).orderKey;
            if (!firstPoison.contains(key)) firstPoison[key] = id;
        }
        for (const auto& [id, record] : outbox_.events()) {
            const auto poison = firstPoison.find(record.orderKey);
            const bool behindPoison = poison != firstPoison.end() && id >= poison->second;
            const auto held = outbox_.held().find(id);
            BOOST_TEST(seen.contains(id) != behindPoison, "event " << id << " of key " << record.orderKey);
            BOOST_TEST((held != outbox_.held().end()) == behindPoison, "held row of event " << id);
            if (held != outbox_.held().end() && poison->second == id) {
                BOOST_TEST((held->second.state == scheduler::HeldRecord::State::failed));
            }
        }
    }

private:
    unsigned roll(std::size_t sides) {
        return static_cast<unsigned>(dice_() % std::max<std::size_t>(sides, 1));
    }

    RelayNode::MarkFault markFault() {
        switch (roll(12)) {
        case 0: return RelayNode::MarkFault::not_done;
        case 1: return RelayNode::MarkFault::done_but_unanswered;
        default: return RelayNode::MarkFault::none;
        }
    }

    // A writer holds the lock on its key from the insert to the commit, so a key has one open transaction at most.
    void write() {
        if (roll(4) == 0) commitOne();
        if (roll(2) == 0) return;
        const auto key = "key-" + std::to_string(roll(20));
        if (open_.contains(key)) return;
        const auto id = outbox_.insert(key);
        if (roll(60) == 0) {
            poison_.insert(id);
            roll(2) == 0 ? sink_.rejectNext(id) : sink_.refuse(id);
        }
        if (roll(3) == 0) {
            open_[key] = id;
        } else {
            outbox_.commit(id);
        }
    }
    bool commitOne() {
        if (open_.empty()) return false;
        auto chosen = open_.begin();
        std::advance(chosen, roll(open_.size()));
        outbox_.commit(chosen->second);
        open_.erase(chosen);
        return true;
    }

    std::mt19937 dice_;
    testing::ManualClock clock_;
    testing::MemoryOutbox outbox_;
    testing::FakeEventSink sink_;
    std::vector<std::unique_ptr<RelayNode>> nodes_;
    std::map<std::string, std::int64_t> open_;
    std::set<std::int64_t> poison_;
};

void runSeed(unsigned seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
        World world(seed);
        world.storm(1500);
        world.calm();
        world.check();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay_simulation)

BOOST_AUTO_TEST_CASE(no_event_is_lost_and_each_keys_order_holds_in_every_history) {
    if (const auto* chosen = std::getenv("OUTBOXD_SIMULATION_SEED")) {
        runSeed(static_cast<unsigned>(std::strtoul(chosen, nullptr, 10)));
        return;
    }
    const auto* wanted = std::getenv("OUTBOXD_SIMULATION_SEEDS");
    const auto seeds = wanted == nullptr ? 300UL : std::strtoul(wanted, nullptr, 10);
    for (unsigned seed = 1; seed <= seeds; ++seed) runSeed(seed);
}

BOOST_AUTO_TEST_SUITE_END()
