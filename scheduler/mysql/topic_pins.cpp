#include "scheduler/mysql/topic_pins.hpp"

#include "sql/topic_layout.hpp"

namespace outboxd::scheduler::mysql {

int MysqlTopicPins::pin(const std::string& topic, int found) {
    auto session = database_.session();
    auto rows = session->query(sql::topic_layout::pinned, {topic});
    if (rows.empty()) {
        session->execute(sql::topic_layout::pin, {topic, found});
        rows = session->query(sql::topic_layout::pinned, {topic});
    }
    return static_cast<int>(rows.front().integer(0));
}

TopicPins::Layout MysqlTopicPins::read() {
    Layout layout;
    auto session = database_.session();
    for (const auto& row : session->query(sql::topic_layout::pins, {}))
        layout.pins.emplace(row.bytes(0), static_cast<int>(row.integer(1)));
    for (const auto& row : session->query(sql::topic_layout::paused, {})) layout.paused.emplace(row.bytes(0));
    return layout;
}

} // namespace outboxd::scheduler::mysql
