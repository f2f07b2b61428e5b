// The fake gateway's callbacks, as a receiver sees them: what tests of the payments rely on.
#include "tests/support/fake_gateway.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;
using testing::LedgerEntry;

namespace {

// Takes callbacks, remembers what was genuine, and answers as told.
class Receiver final : public http::Handler {
public:
    Receiver() { server.start(); }

    http::Response handle(const http::Request& request) override {
        const auto verdict = http::verifyWebhook(request.headers, request.body, secrets, clock.today());
        const std::lock_guard lock(mutex);
        http::Response response;
        if (verdict != http::WebhookVerdict::genuine) {
            ++refused;
            response.status = 401;
        } else if (failures > 0) {
            --failures;
            response.status = 503;
        } else {
            ids.emplace_back(*request.headers.get(http::kWebhookId));
            bodies.push_back(request.body);
            response.status = 204;
        }
        changed.notify_all();
        return response;
    }
    void await(std::size_t genuine, int refusals = 0) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return bodies.size() == genuine && refused == refusals; });
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server.port()) + "/callbacks"; }

    const core::SystemClock clock;
    testing::MemoryLogger logger;
    const std::vector<http::WebhookSecret> secrets =
        http::parseWebhookSecrets(testing::FakeGatewaySettings{}.secret);
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> ids, bodies;
    int refused = 0, failures = 0;
    http::Server server{{}, *this, clock, logger};
};

struct Scene {
    Receiver receiver;
    testing::GatewayCallbacks callbacks{receiver.url(), testing::FakeGatewaySettings{}.secret};

    static LedgerEntry entry(const std::string& key) {
        LedgerEntry entry;
        entry.key = key;
        entry.amount = 3000;
        entry.status = "succeeded";
        return entry;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(gateway_callbacks, Scene)

BOOST_AUTO_TEST_CASE(an_outcome_is_told_under_one_id_however_often) {
    callbacks.tell(entry("c1"), 5);
    receiver.await(5);
    BOOST_TEST(std::count(receiver.ids.begin(), receiver.ids.end(), receiver.ids[0]) == 5);
    BOOST_TEST(receiver.bodies[0] ==
               R"({"kind":"charge","key":"c1","amount":3000,"status":"succeeded","reason":""})");
}

BOOST_AUTO_TEST_CASE(it_is_told_again_until_it_is_taken) {
    receiver.failures = 2;
    callbacks.tell(entry("c1"), 1);
    receiver.await(1);
}

BOOST_AUTO_TEST_CASE(forgeries_do_not_verify_and_are_not_repeated) {
    callbacks.forge(entry("c1"));
    callbacks.tell(entry("c1"), 1);
    receiver.await(1, 1);
}

BOOST_AUTO_TEST_CASE(the_order_can_be_reversed) {
    callbacks.hold();
    for (const auto* const key : {"c1", "c2", "c3"}) callbacks.tell(entry(key), 1);
    BOOST_TEST(callbacks.waiting() == 3u);
    callbacks.letGoReversed();
    receiver.await(3);
    BOOST_TEST(receiver.bodies[0].find("c3") != std::string::npos);
    BOOST_TEST(receiver.bodies[2].find("c1") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
