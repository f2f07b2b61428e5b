// What every core::Service keeps (platform/core/service.hpp), as cases to run over each of them.
//
//   struct RelayUnderTest {
//       core::Service& service();
//       bool works();         // after start(): does its work once, and returns whether it did
//       bool makeStartFail(); // false: this service has no way to fail at its start
//       void repair();
//   };
//   SERVICE_CONTRACT(RelayUnderTest)
#pragma once

#include "platform/core/error.hpp"
#include "platform/core/service.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <iterator>

namespace outboxd::testing {

// Threads of this process.
inline std::ptrdiff_t threadsNow() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                         std::filesystem::directory_iterator());
}

template <class UnderTest> struct ServiceContract {
    static void constructionStartsNothing() {
        const auto before = threadsNow();
        UnderTest subject;
        BOOST_TEST(threadsNow() == before);
        BOOST_TEST(!subject.service().name().empty());
    }
    static void stopBeforeStart() {
        UnderTest subject;
        subject.service().stop();
        subject.service().start();
        BOOST_TEST(subject.works());
        subject.service().stop();
    }
    static void stopIsQuiet() {
        const auto before = threadsNow();
        UnderTest subject;
        subject.service().start();
        BOOST_TEST(subject.works());
        BOOST_TEST(threadsNow() > before);
        subject.service().stop();
        BOOST_TEST(threadsNow() == before);
        subject.service().stop();
        BOOST_TEST(threadsNow() == before);
    }
    static void startAgain() {
        UnderTest subject;
        for (int i = 0; i < 3; ++i) {
            subject.service().start();
            BOOST_TEST(subject.works());
            subject.service().stop();
        }
    }
    static void failedStartLeavesNothing() {
        const auto before = threadsNow();
        UnderTest subject;
        if (!subject.makeStartFail()) {
            BOOST_TEST_MESSAGE(subject.service().name() << " cannot fail at its start");
            return;
        }
        BOOST_CHECK_THROW(subject.service().start(), core::Error);
        BOOST_TEST(threadsNow() == before);
        subject.service().stop();
        subject.repair();
        subject.service().start();
        BOOST_TEST(subject.works());
        subject.service().stop();
    }
    static void destructionStops() {
        const auto before = threadsNow();
        {
            UnderTest subject;
            subject.service().start();
            BOOST_TEST(subject.works());
        }
        BOOST_TEST(threadsNow() == before);
    }
};

} // namespace outboxd::testing

// A macro, so that each case has its own name in the report.
#define SERVICE_CONTRACT(UnderTest)                                                                          \
    using Contract = outboxd::testing::ServiceContract<UnderTest>;                                           \
    BOOST_AUTO_TEST_CASE(its_constructor_starts_no_thread) { Contract::constructionStartsNothing(); }        \
    BOOST_AUTO_TEST_CASE(it_may_be_stopped_before_it_was_started) { Contract::stopBeforeStart(); }           \
    BOOST_AUTO_TEST_CASE(it_is_quiet_when_stop_returns_also_the_second_time) { Contract::stopIsQuiet(); }    \
    BOOST_AUTO_TEST_CASE(it_may_be_started_again) { Contract::startAgain(); }                                \
    BOOST_AUTO_TEST_CASE(a_failed_start_leaves_nothing_running) { Contract::failedStartLeavesNothing(); }    \
    BOOST_AUTO_TEST_CASE(its_destructor_stops_it) { Contract::destructionStops(); }
