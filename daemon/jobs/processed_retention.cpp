#include "daemon/jobs/jobs.hpp"
#include "scheduler/kafka/topic_memory.hpp"
#include "scheduler/mysql/history_retention.hpp"

namespace outboxd::daemon {

using namespace std::chrono_literals;

namespace {

constexpr auto kAnswerWithin = 5s; // of the brokers, for each question

// What the topics that are read need, at least what the setting says. A broker that is away fails the run: the next one
// asks again.
scheduler::kafka::EffectMemory ask(const JobParts& parts, const kafka::ClientSettings& client,
                                   std::chrono::days setting) {
    const auto topics = scheduler::mysql::readTopics(parts.stores.work);
    kafka::Admin admin(client, parts.logger, parts.clock); // for the moment: it holds a connection
    return scheduler::kafka::effectMemory(setting,
                                          scheduler::kafka::topicMemories(admin, topics, kAnswerWithin));
}

// Once, until it is something else.
void tell(const JobParts& parts, const scheduler::kafka::EffectMemory& memory, std::string& told) {
    const auto what = memory.topic + ": " + memory.why;
    if (memory.topic.empty() || what == told) {
        if (memory.topic.empty()) told.clear();
        return;
    }
    told = what;
    parts.logger.warning(
        "processed_events_kept",
        {{"topic", memory.topic},
         {"why", memory.why},
         {"consequence", memory.time ? "processed_event keeps rows for longer than consumers.retention says"
                                     : "processed_event keeps all rows, and grows"},
         {"next_step",
          "set consumers.retention to as much, or the topic's retention.ms and segment.ms to less"}});
}

} // namespace

scheduler::Job processedRetention(const JobParts& parts, kafka::ClientSettings client, std::int64_t days) {
    return {.history = scheduler::Job::History::transitions,
            .work = [&parts, client = std::move(client), days,
                     told = std::string{}](const scheduler::JobContext& context) mutable {
                if (days == 0) return;
                const auto memory = ask(parts, client, std::chrono::days{days});
                tell(parts, memory, told);
                if (!memory.time) return;
                scheduler::mysql::HistoryRetention retention(parts.stores.work, context.term.value(), [&] {
                    return !context.cancelled.stop_requested();
                });
                const auto removed = retention.processedEvents(*memory.time);
                if (removed > 0) parts.logger.info("processed_retention", {{"events", removed}});
            }};
}

} // namespace outboxd::daemon
