// How a listener is fed. All of it has been chosen so that nobody needs to change it.
#pragma once

#include <chrono>
#include <cstddef>

namespace outboxd::scheduler {

struct ConsumerSettings {
    std::size_t batch = 500;   // records at most in one call of the listener, which may ask for fewer
    std::size_t inHand = 1000; // records that were polled and are not finished: beyond it nothing is read
    std::size_t inHandBytes =
        8 * 1024 * 1024; // of their keys, headers and payloads; the last record may exceed it
    // Records that are not committable, finished ones behind an unfinished one among them: a crash repeats as many.
    std::size_t ahead = 10'000;

    std::chrono::milliseconds pollWait{100}; // how long a quiet stream is listened to; bounds stop()
    std::chrono::milliseconds busyWait{20};  // the same while records are in hand: their commit waits as long
    std::chrono::milliseconds firstRetry{50}; // of broken machinery and of deferred records; doubled up to
    std::chrono::milliseconds longestRetry{2000};
    int tries = 3; // of a record that fails, before it becomes a dead letter
    std::chrono::milliseconds firstTryAgain{
        100}; // before its second try; five times as long before each further one
    // How long a rebalance and a stop wait for the call of the listener that is under way, and for the commit behind it.
    std::chrono::milliseconds letGo{5000};
    std::chrono::milliseconds measureEvery{1000}; // progress and lag

    std::size_t recentEvents = 10'000; // whose repetitions are dropped without asking the listener
    std::chrono::milliseconds recentFor{60'000};
};

} // namespace outboxd::scheduler
