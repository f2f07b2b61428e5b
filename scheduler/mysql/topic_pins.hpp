// Pinned partition counts and paused topics, as topic_layout and outbox_pause hold them.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/event_sink.hpp"

namespace outboxd::scheduler::mysql {

// Thread-safe.
class MysqlTopicPins final : public TopicPins {
public:
    explicit MysqlTopicPins(database::Database& database) : database_(database) {}
    int pin(const std::string& topic, int found) override;
    Layout read() override;

private:
    database::Database& database_;
};

} // namespace outboxd::scheduler::mysql
