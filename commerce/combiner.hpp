// Many threads want the same kind of work done; one of them does it for all that wait.
//
// Who comes while fewer than `leaders` are at work does so at once, alone: a quiet moment costs no wait. Who comes
// later waits, and when a leader has finished, the first of those who wait leads the next batch, with the others behind
// it. So batches grow exactly as fast as the work falls behind, and no thread of the combiner's own is needed. (LevelDB
// groups its writers in the same way.)
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

namespace outboxd::commerce {

struct CombinerSettings {
    std::size_t leaders = 2;             // batches under way at once, at least 1
    std::size_t largest = 128;           // items in one batch, at least 1
    std::chrono::milliseconds wait{200}; // the longest wait until an item's batch begins
};

// Thread-safe. Must outlive all calls.
template <class Item> class Combiner {
public:
    // `work` does the work of every item, and leaves in it how it went; it must not throw. It runs on the thread
    // of one of the callers, of several batches at once.
    Combiner(CombinerSettings settings, std::function<void(std::span<Item* const>)> work)
        : settings_(settings), work_(std::move(work)) {}

    // Returns when `work` has returned for `item`. False: its turn did not come in time, and nothing was done.
    [[nodiscard]] bool run(Item& item) {
        Caller self{&item};
        std::unique_lock lock(mutex_);
        if (leaders_ < settings_.leaders) {
            ++leaders_;
            self.state = State::leading;
        } else {
            waiting_.push_back(&self);
            if (!self.turn.wait_for(lock, settings_.wait, [&] { return self.state != State::waiting; })) {
                std::erase(waiting_, &self);
                return false;
            }
            self.turn.wait(lock, [&] { return self.state != State::taken; });
        }
        if (self.state == State::leading) lead(self, lock);
        return true;
    }

    std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return waiting_.size();
    }

private:
    enum class State { waiting, taken, leading, done };
    struct Caller { // on the stack of its thread
        Item* item;
        State state = State::waiting; // guarded by mutex_
        std::condition_variable turn = {};
    };

    void lead(Caller& self, std::unique_lock<std::mutex>& lock) {
        std::vector<Item*> items{self.item};
        std::vector<Caller*> followers;
        while (!waiting_.empty() && items.size() < settings_.largest) {
            followers.push_back(waiting_.front());
            waiting_.pop_front();
            followers.back()->state = State::taken;
            items.push_back(followers.back()->item);
        }
        lock.unlock();
        work_(items);
        lock.lock();
        // The next leader first: its work can begin while the others carry their answers away.
        if (waiting_.empty()) {
            --leaders_;
        } else {
            auto& next = *waiting_.front();
            waiting_.pop_front();
            next.state = State::leading;
            next.turn.notify_one();
        }
        for (auto* follower : followers) {
            follower->state = State::done;
            follower->turn.notify_one(); // under the lock: the caller may be gone right after
        }
    }

    const CombinerSettings settings_;
    const std::function<void(std::span<Item* const>)> work_;
    mutable std::mutex mutex_;
    std::deque<Caller*> waiting_; // guarded by mutex_, oldest first; empty while leaders_ < settings_.leaders
    std::size_t leaders_ = 0;     // guarded by mutex_
};

} // namespace outboxd::commerce
