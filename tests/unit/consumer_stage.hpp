// A consumer service over a topic and a box of dead letters in memory.
#pragma once

#include "scheduler/consumer_service.hpp"
#include "tests/support/fake_listener.hpp"
#include "tests/support/fake_progress.hpp"
#include "tests/support/fake_topic.hpp"
#include "tests/support/memory_letters.hpp"
#include "tests/support/memory_logger.hpp"

namespace outboxd::testing {

using namespace std::chrono_literals;
using Keys = std::vector<std::string>;

struct ConsumerStage {
    core::SystemClock clock;
    MemoryLogger logger;
    core::ProgressMonitor monitor{clock};
    FakeTopic topic{2};
    FakeListener listener;
    MemoryLetters box;
    FakeProgress progress{clock};
    scheduler::ConsumerSettings settings{.pollWait = 1ms,
                                         .busyWait = 1ms,
                                         .firstRetry = 1ms,
                                         .longestRetry = 2ms,
                                         .firstTryAgain = 1ms,
                                         .letGo = 60s,
                                         .measureEvery = 0ms};

    std::unique_ptr<scheduler::ConsumerService> service() {
        auto made = std::make_unique<scheduler::ConsumerService>(
            scheduler::ConsumerPorts{listener, topic, progress, box, clock, logger, monitor}, settings);
        made->start();
        return made;
    }
    static void awaitInHand(const scheduler::ConsumerService& running, std::size_t records) {
        while (running.figures().inHand != records) std::this_thread::yield();
    }
};

} // namespace outboxd::testing
