// The doorbell between nodes, over a real Redis.
#include "daemon/doorbell.hpp"
#include "tests/contract/service_contract.hpp"
#include "tests/support/memory_logger.hpp"
#include "tests/support/private_redis.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using daemon::Doorbell;

namespace {

// The nodes that relay; counts how often somebody asked.
class Peers final : public scheduler::RelayPeers {
public:
    explicit Peers(std::vector<std::string> names) : names_(std::move(names)) {}
    void beat() override {}
    void withdraw() override {}
    std::vector<std::string> alive() override {
        ++asked;
        return names_;
    }
    std::atomic<int> asked{0};

private:
    const std::vector<std::string> names_;
};

struct Bell {
    Bell(const PrivateServer& server, const std::string& node, std::vector<std::string> alive)
        : client(settingsOf(server)), peers(std::move(alive)),
          doorbell({settingsOf(server), "outboxd:test:doorbell", node, "process-of-" + node}, client, peers,
                   clock, logger, [this] { ++woken; }) {}

    // Rings until `other` is woken once more: a ring before its subscription is never heard.
    void ringUntilHeardBy(const Bell& other) {
        for (const auto before = other.woken.load(); other.woken.load() == before; std::this_thread::yield())
            doorbell.ring();
    }

    core::SystemClock clock;
    MemoryLogger logger;
    redis::Client client;
    Peers peers;
    std::atomic<int> woken{0};
    Doorbell doorbell;
};

const std::vector<std::string> kBoth{"a", "b"};

} // namespace

BOOST_AUTO_TEST_SUITE(doorbell)

BOOST_AUTO_TEST_CASE(a_ring_wakes_the_relay_of_the_other_node_and_not_the_own_one) {
    PrivateServer server("redis");
    Bell a(server, "a", kBoth), b(server, "b", kBoth);
    a.doorbell.start();
    b.doorbell.start();
    a.ringUntilHeardBy(b);
    b.ringUntilHeardBy(a);
    a.doorbell.stop();
    b.doorbell.stop();
    BOOST_TEST(a.doorbell.figures().heard <= b.doorbell.figures().published);
    BOOST_TEST(b.doorbell.figures().heard <= a.doorbell.figures().published);
}

BOOST_AUTO_TEST_CASE(nothing_is_published_while_no_other_node_relays) {
    PrivateServer server("redis");
    Bell alone(server, "a", {"a"});
    alone.doorbell.start();
    while (alone.peers.asked == 0) {
        alone.doorbell.ring();
        std::this_thread::yield();
    }
    alone.doorbell.stop();
    BOOST_TEST(alone.doorbell.figures().published == 0u);
}

BOOST_AUTO_TEST_CASE(a_foreign_writers_publish_wakes_the_relay) {
    PrivateServer server("redis");
    Bell a(server, "a", {"a"});
    a.doorbell.start();
    redis::Client writer(settingsOf(server));
    while (writer.publish("outboxd:test:doorbell", "") == 0) std::this_thread::yield();
    while (a.woken == 0) std::this_thread::yield();
    a.doorbell.stop();
}

BOOST_AUTO_TEST_CASE(it_finds_a_restarted_redis_again_and_says_one_line_about_it) {
    PrivateServer server("redis");
    Bell a(server, "a", kBoth), b(server, "b", kBoth);
    a.doorbell.start();
    b.doorbell.start();
    a.ringUntilHeardBy(b);
    server.kill();
    while (a.doorbell.figures().failed == 0) {
        a.doorbell.ring();
        std::this_thread::yield();
    }
    server.start();
    a.ringUntilHeardBy(b);
    a.doorbell.stop();
    b.doorbell.stop();
    const auto lines = a.logger.lines();
    BOOST_TEST(std::ranges::count_if(
                   lines, [](const auto& line) { return line.starts_with("doorbell_silent"); }) == 1);
}

namespace {

class BellUnderTest {
public:
    core::Service& service() { return a_.doorbell; }
    bool works() {
        other_.doorbell.start();
        a_.ringUntilHeardBy(other_);
        other_.doorbell.stop();
        return true;
    }
    bool makeStartFail() { return false; }
    void repair() {}

private:
    static PrivateServer& server() {
        static PrivateServer server("redis");
        return server;
    }
    Bell a_{server(), "a", kBoth}, other_{server(), "b", kBoth};
};

} // namespace

SERVICE_CONTRACT(BellUnderTest)

BOOST_AUTO_TEST_SUITE_END()
