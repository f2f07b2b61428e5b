// The half of a fake sink that knows which topics are paused.
#pragma once

#include "platform/core/error.hpp"
#include "scheduler/event_sink.hpp"

#include <mutex>
#include <set>

namespace outboxd::testing {

class FakePauses : public scheduler::EventSink {
public:
    // An operator pauses or resumes a topic: known with the next refresh().
    void pauseTopic(const std::string& topic) {
        const std::lock_guard lock(pauses_);
        written_.insert(topic);
    }
    void resumeTopic(const std::string& topic) {
        const std::lock_guard lock(pauses_);
        written_.erase(topic);
    }
    // While hidden, refresh() throws.
    void hidePauses(bool hidden) {
        const std::lock_guard lock(pauses_);
        hidden_ = hidden;
    }

    void refresh() override {
        const std::lock_guard lock(pauses_);
        if (hidden_) throw core::Error(core::ErrorKind::unavailable, "the pauses cannot be read");
        known_ = written_;
    }
    bool paused(const scheduler::OutboxRecord& record) const override {
        const std::lock_guard lock(pauses_);
        return known_.contains(topicOf(record));
    }

    static std::string topicOf(const scheduler::OutboxRecord& record) {
        return "outbox.event." + record.aggregateType;
    }

private:
    mutable std::mutex pauses_; // guards what follows
    std::set<std::string> written_, known_;
    bool hidden_ = false;
};

} // namespace outboxd::testing
