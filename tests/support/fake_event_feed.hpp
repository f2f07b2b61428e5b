// A topic of one partition in memory, with one group that reads it, and verbs for what goes wrong. Thread-safe.
#pragma once

#include "platform/core/error.hpp"
#include "scheduler/consumer.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

namespace outboxd::testing {

class FakeTopic final : public scheduler::EventFeeds {
public:
    void write(const std::string& key) {
        change([&] { records_.push_back(key); });
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
    // The first offset that would come again.
    std::int64_t committed() const {
        const std::lock_guard lock(mutex_);
        return committed_;
    }
    int opened() const {
        const std::lock_guard lock(mutex_);
        return opened_;
    }
    int members() const {
        const std::lock_guard lock(mutex_);
        return members_;
    }
    // Each returns when it is so.
    void awaitCommitted(std::int64_t next) {
        await([&] { return committed_ >= next; });
    }
    void awaitOpened(int times) {
        await([&] { return opened_ >= times; });
    }
    void awaitQuestions(int questions) {
        await([&] { return questions_ >= questions; });
    }

    std::unique_ptr<scheduler::EventFeed> open() override {
        const std::lock_guard lock(mutex_);
        ++questions_;
        changed_.notify_all();
        requireUp();
        ++opened_;
        ++members_;
        return std::make_unique<Feed>(*this, committed_);
    }

private:
    class Feed final : public scheduler::EventFeed {
    public:
        Feed(FakeTopic& topic, std::int64_t next) : topic_(topic), next_(next) {}
        ~Feed() override {
            topic_.change([&] { --topic_.members_; });
        }

        std::vector<scheduler::Delivery> poll(std::chrono::milliseconds wait, std::size_t most) override {
            std::unique_lock lock(topic_.mutex_);
            const auto size = [&] { return static_cast<std::int64_t>(topic_.records_.size()); };
            topic_.changed_.wait_for(lock, wait, [&] { return next_ < size(); });
            topic_.requireUp();
            std::vector<scheduler::Delivery> batch;
            for (; next_ < size() && batch.size() < most; ++next_)
                batch.push_back(
                    {"t", 0, next_, topic_.records_[static_cast<std::size_t>(next_)], {}, "Happened", {}});
            return batch;
        }
        void commit(std::span<const scheduler::Delivery> handled) override {
            topic_.change([&] {
                topic_.requireUp();
                if (std::exchange(topic_.refusing_, false))
                    throw core::Error(core::ErrorKind::unavailable, "the partition is another member's");
                topic_.committed_ = handled.back().offset + 1;
            });
        }
        std::vector<scheduler::PartitionEnd> ends() override {
            const std::lock_guard lock(topic_.mutex_);
            topic_.requireUp();
            return {{"t", 0, next_, static_cast<std::int64_t>(topic_.records_.size())}};
        }

    private:
        FakeTopic& topic_;
        std::int64_t next_;
    };

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
    std::vector<std::string> records_;
    std::int64_t committed_ = 0;
    int opened_ = 0, members_ = 0, questions_ = 0;
    bool down_ = false, refusing_ = false;
};

} // namespace outboxd::testing
