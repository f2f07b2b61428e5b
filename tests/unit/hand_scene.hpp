// Records in hand, a clock that the test moves, and no threads.
#pragma once

#include "scheduler/consumer_hand.hpp"
#include "tests/support/fake_listener.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_letters.hpp"
#include "tests/support/memory_logger.hpp"

namespace outboxd::testing {

using namespace std::chrono_literals;

using Keys = std::vector<std::string>;

inline core::EventId eventId(int number) {
    core::EventId id;
    id.bytes[15] = static_cast<std::uint8_t>(number);
    return id;
}

struct HandScene {
    ManualClock clock;
    MemoryLogger logger;
    FakeListener listener;
    MemoryLetters box;
    scheduler::ConsumerSettings settings;
    std::optional<scheduler::ConsumerHand> made;
    scheduler::OffsetBook book;
    std::int64_t offset = 0;

    scheduler::ConsumerHand& hand() {
        if (!made) made.emplace(listener, box, clock, logger, settings, scheduler::ConsumerHand::Calls{});
        return *made;
    }
    scheduler::Delivery record(const std::string& key, int event = 0, std::int64_t sequence = 0) {
        scheduler::Delivery record{"t", 0, offset++, key, {}, "Happened", "{}"};
        if (event) record.id = eventId(event);
        if (sequence) record.sequence = sequence;
        return record;
    }
    void takeRecords(std::vector<scheduler::Delivery> records) {
        std::vector<scheduler::ConsumerHand::Ticketed> ticketed;
        for (auto& one : records) ticketed.push_back({book.enter(one), one});
        hand().take(std::move(ticketed));
    }
    void take(const Keys& keys) {
        std::vector<scheduler::Delivery> records;
        for (const auto& key : keys) records.push_back(record(key));
        takeRecords(std::move(records));
    }
    // Steps until nothing can be done before the clock moves.
    void settle() {
        for (auto next = hand().step(); next && *next <= clock.now(); next = hand().step()) {
        }
        for (const auto ticket : hand().finished()) book.finish(ticket);
    }
    void after(std::chrono::milliseconds time) {
        clock.advance(time);
        settle();
    }
    std::int64_t committable() {
        const auto positions = book.committable();
        return positions.empty() ? 0 : positions.at(0).next;
    }
    const scheduler::ConsumerHand::Figures& figures() { return hand().figures(); }
};

} // namespace outboxd::testing
