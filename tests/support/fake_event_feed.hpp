// One membership in the group of a FakeTopic.
#pragma once

#include "tests/support/fake_topic_state.hpp"

#include <utility>

namespace outboxd::testing {

class FakeEventFeed final : public scheduler::EventFeed {
public:
    FakeEventFeed(FakeTopicState& topic, scheduler::AssignmentWatch& watch) : topic_(topic), watch_(watch) {}
    ~FakeEventFeed() override {
        topic_.change([&] { --topic_.members; });
    }

    std::vector<scheduler::Delivery> poll(std::chrono::milliseconds wait, scheduler::Room room) override {
        tellNews();
        std::unique_lock lock(topic_.mutex);
        if (!room.none()) {
            topic_.listens = true;
            topic_.changed.notify_all();
            topic_.changed.wait_for(lock, wait, [&] { return topic_.readable(); });
            topic_.listens = false;
        }
        lock.unlock();
        tellNews();
        lock.lock();
        ++topic_.polls;
        topic_.changed.notify_all();
        topic_.requireUp();
        std::vector<scheduler::Delivery> batch;
        std::size_t bytes = 0;
        for (auto& partition : topic_.partitions)
            while (partition.readable() && batch.size() < room.records && bytes < room.bytes) {
                batch.push_back(partition.records.at(static_cast<std::size_t>(partition.next++)));
                bytes += scheduler::bytesOf(batch.back());
            }
        topic_.mostPolled = std::max(topic_.mostPolled, batch.size());
        return batch;
    }
    void commit(std::span<const scheduler::Committable> positions) override {
        topic_.change([&] {
            topic_.requireUp();
            if (std::exchange(topic_.refusing, false))
                throw core::Error(core::ErrorKind::unavailable, "the partition is another member's");
            for (const auto& position : positions)
                topic_.at(position.place.partition).committed = position.next;
        });
    }
    std::vector<scheduler::PartitionEnd> ends() override {
        const std::lock_guard lock(topic_.mutex);
        topic_.requireUp();
        std::vector<scheduler::PartitionEnd> ends;
        for (int i = 0; const auto& partition : topic_.partitions) {
            if (partition.mine) ends.push_back({"t", i, partition.next, std::ssize(partition.records)});
            ++i;
        }
        return ends;
    }

private:
    // The watch may come back with a commit.
    void tellNews() {
        using Fate = FakeTopicState::Partition::Fate;
        for (int i = 0; i < static_cast<int>(topic_.partitions.size()); ++i) {
            std::unique_lock lock(topic_.mutex);
            auto& partition = topic_.at(i);
            if (!partition.news) continue;
            const auto news = *partition.news;
            if (news == Fate::assigned) {
                partition.mine = true;
                partition.next = partition.committed;
            }
            lock.unlock();
            if (news == Fate::assigned) watch_.assigned({{"t", i}});
            if (news == Fate::revoked) watch_.revoked({{"t", i}});
            if (news == Fate::lost) watch_.lost({{"t", i}});
            topic_.change([&] {
                partition.mine = news == Fate::assigned;
                partition.news.reset();
            });
        }
    }

    FakeTopicState& topic_;
    scheduler::AssignmentWatch& watch_;
};

} // namespace outboxd::testing
