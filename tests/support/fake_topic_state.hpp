// What FakeTopic and its members know together, under one lock.
#pragma once

#include "platform/core/error.hpp"
#include "scheduler/consumer.hpp"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace outboxd::testing {

struct FakeTopicState {
    struct Partition {
        enum class Fate { assigned, revoked, lost };
        std::vector<scheduler::Delivery> records;
        std::int64_t committed = 0;
        std::int64_t next = 0; // to be polled
        bool mine = false;
        std::optional<Fate> news; // to be told
        bool readable() const { return mine && next < std::ssize(records); }
    };

    Partition& at(int partition) { return partitions.at(static_cast<std::size_t>(partition)); }
    bool readable() const {
        return std::ranges::any_of(
            partitions, [](const Partition& partition) { return partition.news || partition.readable(); });
    }
    void requireUp() const {
        if (down) throw core::Error(core::ErrorKind::unavailable, "the brokers are away");
    }
    void change(const std::function<void()>& what) {
        const std::lock_guard lock(mutex);
        what();
        changed.notify_all();
    }
    void await(const std::function<bool()>& condition) {
        std::unique_lock lock(mutex);
        changed.wait(lock, condition);
    }

    mutable std::mutex mutex; // guards what follows
    std::condition_variable changed;
    std::vector<Partition> partitions;
    std::size_t mostPolled = 0;
    int opened = 0, members = 0, questions = 0, polls = 0;
    bool down = false, refusing = false;
    bool listens = false; // a member waits for records
};

} // namespace outboxd::testing
