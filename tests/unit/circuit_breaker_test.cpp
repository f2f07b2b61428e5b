#include "platform/core/circuit_breaker.hpp"
#include "platform/core/error.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/manual_clock.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;
using core::CircuitBreaker;
using State = CircuitBreaker::State;

namespace outboxd::core {
std::ostream& boost_test_print_type(std::ostream& out, State state) { return out << name(state); }
} // namespace outboxd::core

namespace {

struct Scene {
    testing::ManualClock clock;
    CircuitBreaker breaker;

    explicit Scene(const core::CircuitBreakerSettings& settings = {}) : breaker(settings) {}

    // Whether a call was let through.
    bool succeed(std::chrono::milliseconds taking = 10ms) {
        auto permit = breaker.tryAcquire(clock.now());
        clock.advance(taking);
        if (permit) permit->succeeded(clock.now());
        return permit.has_value();
    }
    bool fail(int times = 1) {
        bool passed = true;
        for (int i = 0; i < times; ++i) {
            auto permit = breaker.tryAcquire(clock.now());
            if (permit) permit->failed(clock.now());
            passed = passed && permit.has_value();
        }
        return passed;
    }
    CircuitBreaker::Figures figures() const { return breaker.figures(clock.now()); }
    State state() const { return figures().state; }
};

} // namespace

BOOST_AUTO_TEST_SUITE(circuit_breaker)

BOOST_AUTO_TEST_CASE(too_few_calls_open_nothing) {
    Scene scene;
    BOOST_TEST(scene.fail(4));
    BOOST_TEST(scene.state() == State::closed);
    BOOST_TEST(scene.figures().failureRate == -1);
    scene.fail();
    BOOST_TEST(scene.state() == State::open);
    BOOST_TEST(scene.figures().timesOpened == 1u);
}

BOOST_AUTO_TEST_CASE(half_of_the_calls_failing_opens_it) {
    Scene scene;
    for (int i = 0; i < 5; ++i) scene.succeed();
    scene.fail(4);
    BOOST_TEST(scene.state() == State::closed);
    BOOST_TEST(scene.figures().failedCalls == 4u);
    BOOST_TEST(scene.figures().bufferedCalls == 9u);
    scene.fail();
    BOOST_TEST(scene.state() == State::open);
}

BOOST_AUTO_TEST_CASE(slow_calls_open_it_although_they_succeed) {
    Scene scene;
    for (int i = 0; i < 3; ++i) scene.succeed(1999ms);
    BOOST_TEST(scene.figures().slowCalls == 0u);
    for (int i = 0; i < 2; ++i) scene.succeed(2s);
    BOOST_TEST(scene.figures().slowCallRate == 40.0);
    scene.succeed(3s);
    BOOST_TEST(scene.state() == State::open);
}

BOOST_AUTO_TEST_CASE(open_lets_nothing_through_until_its_wait_is_over) {
    Scene scene;
    scene.fail(5);
    scene.clock.advance(30s - 1us);
    BOOST_TEST(!scene.succeed(0ms));
    BOOST_TEST(scene.figures().notPermittedCalls == 1u);
    BOOST_TEST(scene.state() == State::open);
    scene.clock.advance(1us);
    BOOST_TEST(scene.state() == State::half_open); // also while nobody calls
    BOOST_TEST(scene.succeed());
}

BOOST_AUTO_TEST_CASE(half_open_lets_three_calls_through_and_closes_when_they_are_good) {
    Scene scene;
    scene.fail(5);
    scene.clock.advance(30s);
    auto first = scene.breaker.tryAcquire(scene.clock.now());
    auto second = scene.breaker.tryAcquire(scene.clock.now());
    auto third = scene.breaker.tryAcquire(scene.clock.now());
    BOOST_TEST((first && second && third));
    BOOST_TEST(!scene.breaker.tryAcquire(scene.clock.now()).has_value());
    first->succeeded(scene.clock.now());
    second->failed(scene.clock.now()); // one of three is less than half
    BOOST_TEST(!scene.breaker.tryAcquire(scene.clock.now()).has_value());
    third->succeeded(scene.clock.now());
    BOOST_TEST(scene.state() == State::closed);
    BOOST_TEST(scene.figures().bufferedCalls == 0u);
    BOOST_TEST(scene.succeed());
}

BOOST_AUTO_TEST_CASE(half_open_opens_again_for_another_whole_wait) {
    Scene scene;
    scene.fail(5);
    scene.clock.advance(30s);
    scene.succeed();
    scene.fail(2);
    BOOST_TEST(scene.state() == State::open);
    BOOST_TEST(scene.figures().timesOpened == 2u);
    scene.clock.advance(29s);
    BOOST_TEST(!scene.succeed());
    scene.clock.advance(1s);
    BOOST_TEST(scene.succeed());
}

BOOST_AUTO_TEST_CASE(the_window_forgets_the_oldest_call) {
    Scene scene({.slidingWindowSize = 10});
    scene.fail();
    for (int i = 0; i < 5; ++i) scene.succeed();
    scene.fail(3);
    scene.succeed();
    BOOST_TEST(scene.figures().failureRate == 40.0);
    scene.succeed(); // pushes the first failure out
    BOOST_TEST(scene.figures().failureRate == 30.0);
    BOOST_TEST(scene.figures().bufferedCalls == 10u);
    scene.fail();
    BOOST_TEST(scene.state() == State::closed);
    BOOST_TEST(scene.figures().failureRate == 40.0);
    scene.fail();
    BOOST_TEST(scene.state() == State::open);
}

// A call that was sent before the other side fell over must neither close nor open what has changed since.
BOOST_AUTO_TEST_CASE(a_result_from_before_it_opened_counts_for_nothing) {
    Scene scene;
    auto early = scene.breaker.tryAcquire(scene.clock.now());
    auto other = scene.breaker.tryAcquire(scene.clock.now());
    scene.fail(5);
    early->succeeded(scene.clock.now());
    BOOST_TEST(scene.figures().bufferedCalls == 0u);
    scene.clock.advance(30s);
    scene.succeed();
    other->failed(scene.clock.now());
    BOOST_TEST(scene.figures().failedCalls == 0u);
    BOOST_TEST(scene.state() == State::half_open);
}

BOOST_AUTO_TEST_CASE(a_call_that_was_never_made_gives_its_place_back) {
    Scene scene;
    scene.fail(5);
    scene.clock.advance(30s);
    for (int i = 0; i < 10; ++i) BOOST_TEST(scene.breaker.tryAcquire(scene.clock.now()).has_value());
    for (int i = 0; i < 3; ++i) BOOST_TEST(scene.succeed());
    BOOST_TEST(scene.state() == State::closed);
}

BOOST_AUTO_TEST_CASE(a_permit_speaks_once_and_moves) {
    Scene scene;
    auto permit = scene.breaker.tryAcquire(scene.clock.now());
    auto moved = std::move(*permit);
    permit->failed(scene.clock.now()); // NOLINT: nothing left to say
    moved.failed(scene.clock.now());
    moved.failed(scene.clock.now());
    BOOST_TEST(scene.figures().bufferedCalls == 1u);
}

BOOST_AUTO_TEST_CASE(settings_that_could_never_open_are_refused) {
    BOOST_CHECK_THROW(CircuitBreaker({.slidingWindowSize = 4}), core::Error);
    BOOST_CHECK_THROW(CircuitBreaker({.minimumNumberOfCalls = 0}), core::Error);
    BOOST_CHECK_THROW(CircuitBreaker({.permittedNumberOfCallsInHalfOpenState = 0}), core::Error);
}

BOOST_AUTO_TEST_CASE(many_threads_get_no_more_than_the_permitted_calls) {
    Scene scene;
    scene.fail(5);
    scene.clock.advance(30s);
    std::mutex mutex;
    std::vector<CircuitBreaker::Permit> permits;
    testing::crowd(16, [&](int) {
        for (int i = 0; i < 100; ++i) {
            if (auto permit = scene.breaker.tryAcquire(scene.clock.now())) {
                const std::lock_guard lock(mutex);
                permits.push_back(*std::move(permit));
            }
        }
    });
    BOOST_TEST(permits.size() == 3u);
    BOOST_TEST(scene.figures().notPermittedCalls == 1597u);
}

BOOST_AUTO_TEST_SUITE_END()
