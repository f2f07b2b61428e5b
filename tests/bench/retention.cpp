// What the retention of the outbox costs writers: 1,000 inserts a second alone, and beside it, on the real server.
//
// Run by hand: OUTBOXD_TEST_STACK_ENV=.../stack.env outboxd_bench_retention [OLD_EVENTS [SECONDS]]
#include "scheduler/mysql/outbox_retention.hpp"
#include "tests/support/outbox_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <thread>

using namespace outboxd;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kWriters = 16, kPerSecond = 1000;
constexpr int kDays = 30;

// Open loop: an insert is late by what those before it took too long, and that counts.
std::vector<double> insertFor(testing::OutboxDatabase& db, std::chrono::seconds time) {
    std::vector<std::vector<double>> took(kWriters);
    std::vector<std::jthread> writers;
    const auto begin = Clock::now();
    for (int number = 0; number < kWriters; ++number) {
        writers.emplace_back([&, number] {
            const auto session = db.connect();
            const std::string payload(300, 'x');
            const auto spacing = 1'000'000us * kWriters / kPerSecond;
            const auto end = begin + time;
            for (auto due = begin + number * spacing / kWriters; due < end && Clock::now() < end;
                 due += spacing) {
                std::this_thread::sleep_until(due);
                db.insert(*session, "key-" + std::to_string(number), payload);
                took[static_cast<std::size_t>(number)].push_back(
                    std::chrono::duration<double, std::milli>(Clock::now() - due).count());
            }
        });
    }
    writers.clear();
    std::vector<double> all;
    for (const auto& each : took) all.insert(all.end(), each.begin(), each.end());
    std::ranges::sort(all);
    return all;
}

void print(const char* what, const std::vector<double>& took) {
    const auto at = [&](double part) {
        return took.at(static_cast<std::size_t>(part * static_cast<double>(took.size() - 1)));
    };
    fmt::print("{}: {} inserts, ms p50 {:.2f} p95 {:.2f} p99 {:.2f} most {:.1f}\n", what, took.size(),
               at(0.5), at(0.95), at(0.99), took.back());
}

void fill(testing::OutboxDatabase& db, int events) {
    constexpr int kAtOnce = 20'000;
    for (int done = 0; done < events; done += kAtOnce) {
        db.run(
            "INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, order_key, type, payload, created_at) "
            "SELECT UNHEX(REPLACE(UUID(), '-', '')), 'thing', seq, seq, 'Changed', REPEAT('x', 300), "
            "UTC_TIMESTAMP(6) - INTERVAL 40 DAY FROM seq_1_to_" +
            std::to_string(kAtOnce));
        db.run("TRUNCATE outbox_queue");
    }
}

} // namespace

int main(int count, char** words) {
    const int events = count > 1 ? std::stoi(words[1]) : 1'000'000;
    const std::chrono::seconds time{count > 2 ? std::stoi(words[2]) : 20};
    testing::OutboxDatabase db;
    fill(db, events);
    print("inserts alone           ", insertFor(db, time));

    scheduler::Term term{"outbox-retention", "bench"};
    db.locks.tryLock(term, 1h);
    std::atomic<bool> stop{false};
    scheduler::mysql::OutboxRetention::Figures figures;
    std::chrono::duration<double> ran{};
    std::jthread job([&] {
        scheduler::mysql::OutboxRetention retention(db.database, db.clock(), {kDays, 7}, [&](auto pause) {
            std::this_thread::sleep_for(pause);
            return !stop;
        });
        const auto begin = Clock::now();
        figures = retention.run(term);
        ran = Clock::now() - begin;
    });
    print("beside the retention    ", insertFor(db, time));
    stop = true;
    job.join();
    fmt::print("removed {} events in {:.1f} s ({:.0f}/s), {} statements, slowest transaction {:.1f} ms\n",
               figures.events, ran.count(), static_cast<double>(figures.events) / ran.count(),
               figures.statements, static_cast<double>(figures.slowest.count()) / 1000);
}
