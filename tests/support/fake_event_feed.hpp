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

// Remembers what it handled, unless it is down; refuses keys that begin with "bad".
class FakeListener final : public scheduler::Listener {
public:
    std::string_view name() const override { return "fake"; }
    std::vector<scheduler::Verdict> handle(std::span<const scheduler::Delivery> batch) override {
        const std::lock_guard lock(mutex_);
        ++tries_;
        changed_.notify_all();
        if (down_) throw core::Error(core::ErrorKind::unavailable, "the database is away");
        std::vector<scheduler::Verdict> verdicts;
        for (const auto& delivery : batch) {
            handled_.push_back(delivery.key);
            using Kind = scheduler::Verdict::Kind;
            verdicts.push_back(delivery.key.starts_with("bad") ? scheduler::Verdict{Kind::refused, "bad"}
                                                               : scheduler::Verdict{});
        }
        return verdicts;
    }

    void goDown() { set(true); }
    void comeBack() { set(false); }
    void awaitTries(int more) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&, goal = tries_ + more] { return tries_ >= goal; });
    }
    void awaitHandled(std::size_t number) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return handled_.size() >= number; });
    }
    std::vector<std::string> handled() const {
        const std::lock_guard lock(mutex_);
        return handled_;
    }

private:
    void set(bool down) {
        const std::lock_guard lock(mutex_);
        down_ = down;
    }

    mutable std::mutex mutex_; // guards what follows
    std::condition_variable changed_;
    std::vector<std::string> handled_;
    int tries_ = 0;
    bool down_ = false;
};

class FakeProgress final : public scheduler::ConsumerProgress {
public:
    explicit FakeProgress(const core::Clock& clock) : clock_(clock) {}

    core::Timestamp relayedUpTo() override { return clock_.today(); }
    void advance(std::string_view, std::span<const scheduler::PartitionProgress> reached) override {
        const std::lock_guard lock(mutex_);
        for (const auto& partition : reached) upTo_ = std::max(upTo_, partition.upTo);
        changed_.notify_all();
    }
    // Returns when the listener is complete up to `time`.
    void await(core::Timestamp time) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return upTo_ >= time; });
    }

private:
    const core::Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    core::Timestamp upTo_{}; // guarded by mutex_
};

} // namespace outboxd::testing
