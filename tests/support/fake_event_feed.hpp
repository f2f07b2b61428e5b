// A topic in memory with one group that reads it, and verbs for what goes wrong. Thread-safe.
#pragma once

#include "platform/core/error.hpp"
#include "scheduler/consumer.hpp"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

namespace outboxd::testing {

class FakeTopic final : public scheduler::EventFeeds {
public:
    explicit FakeTopic(int partitions = 1) : partitions_(static_cast<std::size_t>(partitions)) {}

    void write(const std::string& key, int partition = 0) {
        write(scheduler::Delivery{"t", partition, 0, key, {}, "Happened", {}});
    }
    void write(scheduler::Delivery record) {
        change([&] {
            auto& records = at(record.partition).records;
            record.topic = "t";
            record.offset = static_cast<std::int64_t>(records.size());
            records.push_back(std::move(record));
        });
    }
    void goDown() {
        change([&] { down_ = true; });
    }
    void comeBack() {
        change([&] { down_ = false; });
    }
    void refuseCommits() {
        change([&] { refusing_ = true; });
    }
    // The group gives the partition to another member. Each is told inside the next poll.
    void takeAway(int partition) { order(partition, Partition::Fate::revoked); }
    void lose(int partition) { order(partition, Partition::Fate::lost); }
    // It comes back, from where the group has committed it.
    void giveBack(int partition) { order(partition, Partition::Fate::assigned); }
    // Another member's commit.
    void commitElsewhere(int partition, std::int64_t next) {
        change([&] { at(partition).committed = next; });
    }

    // The first offset that would come again.
    std::int64_t committed(int partition = 0) const {
        const std::lock_guard lock(mutex_);
        return partitions_.at(static_cast<std::size_t>(partition)).committed;
    }
    int opened() const {
        const std::lock_guard lock(mutex_);
        return opened_;
    }
    int members() const {
        const std::lock_guard lock(mutex_);
        return members_;
    }
    int polls() const {
        const std::lock_guard lock(mutex_);
        return polls_;
    }
    std::size_t mostPolled() const {
        const std::lock_guard lock(mutex_);
        return mostPolled_;
    }
    // Each returns when it is so.
    void awaitCommitted(std::int64_t next, int partition = 0) {
        await([&] { return at(partition).committed >= next; });
    }
    void awaitOpened(int times) {
        await([&] { return opened_ >= times; });
    }
    void awaitMembers(int number) {
        await([&] { return members_ == number; });
    }
    void awaitQuestions(int questions) {
        await([&] { return questions_ >= questions; });
    }
    // Polls from now on.
    void awaitPolls(int number) {
        std::unique_lock lock(mutex_);
        const auto goal = polls_ + number;
        changed_.wait(lock, [&] { return polls_ >= goal; });
    }
    // What the member was told last of the partition is what it was to be told.
    void awaitTold(int partition) {
        await([&] { return !at(partition).news; });
    }

    std::unique_ptr<scheduler::EventFeed> open(scheduler::AssignmentWatch& watch) override {
        const std::lock_guard lock(mutex_);
        ++questions_;
        changed_.notify_all();
        requireUp();
        ++opened_;
        ++members_;
        for (auto& partition : partitions_) {
            partition.mine = true;
            partition.news.reset();
            partition.next = partition.committed;
        }
        return std::make_unique<Feed>(*this, watch);
    }

private:
    struct Partition {
        enum class Fate { assigned, revoked, lost };
        std::vector<scheduler::Delivery> records;
        std::int64_t committed = 0;
        std::int64_t next = 0; // to be polled
        bool mine = false;
        std::optional<Fate> news; // to be told
        bool readable() const { return mine && next < std::ssize(records); }
    };

    class Feed final : public scheduler::EventFeed {
    public:
        Feed(FakeTopic& topic, scheduler::AssignmentWatch& watch) : topic_(topic), watch_(watch) {}
        ~Feed() override {
            topic_.change([&] { --topic_.members_; });
        }

        std::vector<scheduler::Delivery> poll(std::chrono::milliseconds wait, scheduler::Room room) override {
            tellNews();
            std::unique_lock lock(topic_.mutex_);
            if (!room.none()) topic_.changed_.wait_for(lock, wait, [&] { return topic_.readable(); });
            ++topic_.polls_;
            topic_.changed_.notify_all();
            topic_.requireUp();
            std::vector<scheduler::Delivery> batch;
            std::size_t bytes = 0;
            for (auto& partition : topic_.partitions_)
                while (partition.readable() && batch.size() < room.records && bytes < room.bytes) {
                    batch.push_back(partition.records.at(static_cast<std::size_t>(partition.next++)));
                    bytes += scheduler::bytesOf(batch.back());
                }
            topic_.mostPolled_ = std::max(topic_.mostPolled_, batch.size());
            return batch;
        }
        void commit(std::span<const scheduler::Committable> positions) override {
            topic_.change([&] {
                topic_.requireUp();
                if (std::exchange(topic_.refusing_, false))
                    throw core::Error(core::ErrorKind::unavailable, "the partition is another member's");
                for (const auto& position : positions)
                    topic_.at(position.place.partition).committed = position.next;
            });
        }
        std::vector<scheduler::PartitionEnd> ends() override {
            const std::lock_guard lock(topic_.mutex_);
            topic_.requireUp();
            std::vector<scheduler::PartitionEnd> ends;
            for (int i = 0; const auto& partition : topic_.partitions_) {
                if (partition.mine)
                    ends.push_back(
                        {"t", i, partition.next, static_cast<std::int64_t>(partition.records.size())});
                ++i;
            }
            return ends;
        }

    private:
        // The watch may come back with a commit.
        void tellNews() {
            for (int i = 0; i < static_cast<int>(topic_.partitions_.size()); ++i) {
                std::unique_lock lock(topic_.mutex_);
                auto& partition = topic_.at(i);
                if (!partition.news) continue;
                const auto news = *partition.news;
                if (news == Partition::Fate::assigned) {
                    partition.mine = true;
                    partition.next = partition.committed;
                }
                lock.unlock();
                if (news == Partition::Fate::assigned) watch_.assigned({{"t", i}});
                if (news == Partition::Fate::revoked) watch_.revoked({{"t", i}});
                if (news == Partition::Fate::lost) watch_.lost({{"t", i}});
                topic_.change([&] {
                    partition.mine = news == Partition::Fate::assigned;
                    partition.news.reset();
                });
            }
        }
        FakeTopic& topic_;
        scheduler::AssignmentWatch& watch_;
    };

    Partition& at(int partition) { return partitions_.at(static_cast<std::size_t>(partition)); }
    bool readable() const {
        return std::ranges::any_of(
            partitions_, [](const Partition& partition) { return partition.news || partition.readable(); });
    }
    void order(int partition, Partition::Fate fate) {
        change([&] { at(partition).news = fate; });
    }
    void change(const std::function<void()>& what) {
        const std::lock_guard lock(mutex_);
        what();
        changed_.notify_all();
    }
    void await(const std::function<bool()>& condition) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, condition);
    }
    void requireUp() const {
        if (down_) throw core::Error(core::ErrorKind::unavailable, "the brokers are away");
    }

    mutable std::mutex mutex_; // guards what follows
    std::condition_variable changed_;
    std::vector<Partition> partitions_;
    std::size_t mostPolled_ = 0;
    int opened_ = 0, members_ = 0, questions_ = 0, polls_ = 0;
    bool down_ = false, refusing_ = false;
};

} // namespace outboxd::testing
