// A topic in memory with one group that reads it, and verbs for what goes wrong. Thread-safe.
#pragma once

#include "tests/support/fake_event_feed.hpp"

namespace outboxd::testing {

class FakeTopic final : public scheduler::EventFeeds {
public:
    explicit FakeTopic(int partitions = 1) { state_.partitions.resize(static_cast<std::size_t>(partitions)); }

    void write(const std::string& key, int partition = 0) {
        write(scheduler::Delivery{"t", partition, 0, key, {}, "Happened", {}});
    }
    void write(scheduler::Delivery record) {
        state_.change([&] {
            auto& records = state_.at(record.partition).records;
            record.topic = "t";
            record.offset = std::ssize(records);
            records.push_back(std::move(record));
        });
    }
    void goDown() {
        state_.change([&] { state_.down = true; });
    }
    void comeBack() {
        state_.change([&] { state_.down = false; });
    }
    void refuseCommits() {
        state_.change([&] { state_.refusing = true; });
    }
    // The group gives the partition to another member. Each is told inside the next poll.
    void takeAway(int partition) { order(partition, Fate::revoked); }
    void lose(int partition) { order(partition, Fate::lost); }
    // It comes back, from where the group has committed it.
    void giveBack(int partition) { order(partition, Fate::assigned); }
    // Another member's commit.
    void commitElsewhere(int partition, std::int64_t next) {
        state_.change([&] { state_.at(partition).committed = next; });
    }

    // The first offset that would come again.
    std::int64_t committed(int partition = 0) {
        const std::lock_guard lock(state_.mutex);
        return state_.at(partition).committed;
    }
    int opened() const {
        const std::lock_guard lock(state_.mutex);
        return state_.opened;
    }
    int members() const {
        const std::lock_guard lock(state_.mutex);
        return state_.members;
    }
    // Records of one poll at most.
    std::size_t mostPolled() const {
        const std::lock_guard lock(state_.mutex);
        return state_.mostPolled;
    }
    // Each returns when it is so.
    void awaitCommitted(std::int64_t next, int partition = 0) {
        state_.await([&] { return state_.at(partition).committed >= next; });
    }
    void awaitMembers(int number) {
        state_.await([&] { return state_.members == number; });
    }
    void awaitQuestions(int questions) {
        state_.await([&] { return state_.questions >= questions; });
    }
    // So many polls from now on.
    void awaitPolls(int number) {
        std::unique_lock lock(state_.mutex);
        const auto goal = state_.polls + number;
        state_.changed.wait(lock, [&] { return state_.polls >= goal; });
    }
    // The member is in a poll, and nothing comes.
    void awaitListening() {
        state_.await([&] { return state_.listens; });
    }
    // The member was told what became of the partition.
    void awaitTold(int partition) {
        state_.await([&] { return !state_.at(partition).news; });
    }

    std::unique_ptr<scheduler::EventFeed> open(scheduler::AssignmentWatch& watch) override {
        const std::lock_guard lock(state_.mutex);
        ++state_.questions;
        state_.changed.notify_all();
        state_.requireUp();
        ++state_.opened;
        ++state_.members;
        for (auto& partition : state_.partitions) {
            partition.mine = true;
            partition.news.reset();
            partition.next = partition.committed;
        }
        return std::make_unique<FakeEventFeed>(state_, watch);
    }

private:
    using Fate = FakeTopicState::Partition::Fate;
    void order(int partition, Fate fate) {
        state_.change([&] { state_.at(partition).news = fate; });
    }

    FakeTopicState state_;
};

} // namespace outboxd::testing
