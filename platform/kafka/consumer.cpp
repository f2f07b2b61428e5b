#include "platform/kafka/consumer.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <string_view>

namespace outboxd::kafka {

using namespace std::chrono_literals;

namespace {

using Partitions =
    std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)>;

Partitions listOf(const std::vector<Position>& positions) {
    Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())),
                    rd_kafka_topic_partition_list_destroy);
    for (const auto& position : positions)
        rd_kafka_topic_partition_list_add(list.get(), position.topic.c_str(), position.partition)->offset =
            position.offset;
    return list;
}

[[noreturn]] void fail(ErrorCode code, const std::string& doing) {
    throw core::Error(core::ErrorKind::unavailable, fmt::format("{}: {}", doing, describe(code)),
                      "see whether the brokers of kafka.brokers run and can be reached");
}

// Offsets below zero are librdkafka's words for "none" and "unknown".
std::int64_t known(std::int64_t offset) { return std::max<std::int64_t>(offset, -1); }

// `end`: RD_KAFKA_OFFSET_BEGINNING or RD_KAFKA_OFFSET_END; one request per broker.
Partitions askFor(rd_kafka_t* client, const rd_kafka_topic_partition_list_t& partitions, std::int64_t end,
                  std::chrono::milliseconds wait) {
    Partitions list(rd_kafka_topic_partition_list_copy(&partitions), rd_kafka_topic_partition_list_destroy);
    for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = end;
    if (const auto code = rd_kafka_offsets_for_times(client, list.get(), milliseconds(wait)))
        fail(code, "asking for the ends of partitions");
    for (int i = 0; i < list->cnt; ++i)
        if (list->elems[i].err) fail(list->elems[i].err, "asking for the ends of partitions");
    return list;
}

std::int64_t offsetOf(const Partitions& list, const rd_kafka_topic_partition_t& of) {
    const auto* found = rd_kafka_topic_partition_list_find(list.get(), of.topic, of.partition);
    return found ? found->offset : -1;
}

ConsumedRecord recordOf(const rd_kafka_message_t& message) {
    ConsumedRecord record;
    record.topic = rd_kafka_topic_name(message.rkt);
    record.partition = message.partition;
    record.offset = message.offset;
    rd_kafka_timestamp_type_t type{};
    record.timestamp = rd_kafka_message_timestamp(&message, &type);
    if (message.key) record.key.assign(static_cast<const char*>(message.key), message.key_len);
    if (message.payload) record.value.emplace(static_cast<const char*>(message.payload), message.len);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char* name = nullptr;
        const void* value = nullptr;
        std::size_t size = 0;
        for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i)
            record.headers.emplace_back(name, std::string(static_cast<const char*>(value), value ? size : 0));
    }
    return record;
}

} // namespace

void DestroyQueue::operator()(rd_kafka_queue_s* queue) const { rd_kafka_queue_destroy(queue); }

// Called by librdkafka inside poll(), which waits for it: the group is not told before it returns.
struct Consumer::Callbacks {
    static void rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t code,
                           rd_kafka_topic_partition_list_t* partitions, void* opaque) {
        auto& context = *static_cast<Context*>(static_cast<ClientEvents*>(opaque));
        const bool incremental = std::string_view{rd_kafka_rebalance_protocol(client)} == "COOPERATIVE";
        std::vector<TopicPartition> places;
        for (int i = 0; i < partitions->cnt; ++i)
            places.push_back({partitions->elems[i].topic, partitions->elems[i].partition});
        const auto tell = [&](const auto& event) {
            if (event && !places.empty()) event(places);
        };
        if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
            tell(context.assignment.assigned);
            context.mine.insert(places.begin(), places.end());
            for (const auto& place : places) {
                const QueueHandle own(
                    rd_kafka_queue_get_partition(client, place.topic.c_str(), place.partition));
                if (own) rd_kafka_queue_forward(own.get(), context.records.get());
            }
            if (incremental)
                ignore(rd_kafka_incremental_assign(client, partitions));
            else
                rd_kafka_assign(client, partitions);
            return;
        }
        const bool lost =
            code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS || rd_kafka_assignment_lost(client) != 0;
        tell(lost ? context.assignment.lost : context.assignment.revoked);
        for (const auto& place : places) context.mine.erase(place);
        if (code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) context.mine.clear();
        if (incremental && code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
            ignore(rd_kafka_incremental_unassign(client, partitions));
        else
            rd_kafka_assign(client, nullptr);
    }
    // It fails when the client is about to end, and then nothing is to be done.
    static void ignore(rd_kafka_error_t* error) {
        if (error) rd_kafka_error_destroy(error);
    }
};

Consumer::Consumer(const ClientSettings& settings, const std::string& group, core::Logger& logger,
                   const core::Clock& clock)
    : context_(logger, clock, "consumer") {
    std::map<std::string, std::string> fixed{
        {"enable.auto.commit", "false"},       {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "earliest"},     {"enable.partition.eof", "false"},
        {"isolation.level", "read_committed"}, {"group.id", group.empty() ? "outboxd-reader" : group}};
    auto filled = settings;
    filled.properties.emplace("session.timeout.ms", "10000"); // a dead member's partitions wait as long
    filled.properties.emplace("topic.metadata.refresh.interval.ms", "30000"); // until new partitions are seen
    filled.properties.emplace("queued.max.messages.kbytes", "16384");         // fetched and not yet taken
    Configuration configuration(filled, fixed);
    rd_kafka_conf_set_rebalance_cb(configuration.get(), Callbacks::rebalanced);
    client_ = makeClient(ClientType::consumer, std::move(configuration), context_);
    rd_kafka_poll_set_consumer(client_.get());
}

Consumer::~Consumer() {
    close(2s);
    context_.records.reset(); // before the client
}

void Consumer::subscribe(const std::vector<std::string>& topics, AssignmentEvents events) {
    context_.assignment = std::move(events);
    context_.records.reset(rd_kafka_queue_new(client_.get()));
    std::vector<Position> wanted;
    for (const auto& topic : topics) wanted.push_back({topic, RD_KAFKA_PARTITION_UA, 0});
    if (const auto code = rd_kafka_subscribe(client_.get(), listOf(wanted).get())) fail(code, "subscribing");
}

void Consumer::assign(const std::vector<Position>& positions) {
    if (const auto code = rd_kafka_assign(client_.get(), listOf(positions).get()))
        fail(code, "assigning partitions");
}

std::optional<ConsumedRecord> Consumer::poll(std::chrono::milliseconds wait) {
    if (!context_.records) return take(rd_kafka_consumer_poll(client_.get(), milliseconds(wait)));
    keepMembership();
    return take(rd_kafka_consume_queue(context_.records.get(), milliseconds(wait)));
}

std::optional<ConsumedRecord> Consumer::next() {
    if (!context_.records) return poll(0ms);
    return take(rd_kafka_consume_queue(context_.records.get(), 0));
}

void Consumer::keepMembership() {
    // What comes here are events and errors; a record would come from a partition whose queue was not led elsewhere.
    if (const auto record = take(rd_kafka_consumer_poll(client_.get(), 0)))
        throw core::Error(core::ErrorKind::internal, fmt::format("a record of {}/{} came past its queue",
                                                                 record->topic, record->partition));
}

std::optional<ConsumedRecord> Consumer::take(rd_kafka_message_s* taken) {
    const std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)> message(
        taken, rd_kafka_message_destroy);
    if (!message) return std::nullopt;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        auto record = recordOf(*message);
        // A partition that was taken away may leave a record behind in the queue.
        if (context_.records && !context_.mine.contains({record.topic, record.partition}))
            return std::nullopt;
        return record;
    }
    context_.error(message->err, rd_kafka_message_errstr(message.get()));
    if (message->err == RD_KAFKA_RESP_ERR__FATAL) fail(message->err, "consuming");
    return std::nullopt;
}

void Consumer::commit(const std::vector<Position>& next, std::chrono::milliseconds wait) {
    const auto list = listOf(next);
    const std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)> queue(
        rd_kafka_queue_new(client_.get()), rd_kafka_queue_destroy);
    if (const auto code = rd_kafka_commit_queue(client_.get(), list.get(), queue.get(), nullptr, nullptr))
        fail(code, "committing offsets");
    const std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)> event(
        rd_kafka_queue_poll(queue.get(), milliseconds(wait)), rd_kafka_event_destroy);
    if (!event) fail(RD_KAFKA_RESP_ERR__TIMED_OUT, "committing offsets");
    if (const auto code = rd_kafka_event_error(event.get())) fail(code, "committing offsets");
    const auto* done = rd_kafka_event_topic_partition_list(event.get());
    for (int i = 0; done && i < done->cnt; ++i)
        if (done->elems[i].err) fail(done->elems[i].err, "committing offsets");
}

std::vector<PartitionEnd> Consumer::ends(std::chrono::milliseconds wait) {
    rd_kafka_topic_partition_list_t* assigned = nullptr;
    if (const auto code = rd_kafka_assignment(client_.get(), &assigned))
        fail(code, "looking at the assignment");
    const Partitions reading(assigned, rd_kafka_topic_partition_list_destroy);
    if (reading->cnt == 0) return {};
    const Partitions committed(rd_kafka_topic_partition_list_copy(assigned),
                               rd_kafka_topic_partition_list_destroy);
    if (const auto code = rd_kafka_committed(client_.get(), committed.get(), milliseconds(wait)))
        fail(code, "asking for committed offsets");
    if (const auto code = rd_kafka_position(client_.get(), reading.get()))
        fail(code, "looking at the position");
    const auto highs = askFor(client_.get(), *assigned, RD_KAFKA_OFFSET_END, wait);

    std::vector<PartitionEnd> ends;
    Partitions lows(nullptr, rd_kafka_topic_partition_list_destroy);
    for (int i = 0; i < reading->cnt; ++i) {
        const auto& partition = reading->elems[i];
        PartitionEnd end{partition.topic, partition.partition, 0, offsetOf(highs, partition)};
        // The position may be that of an earlier assignment; another member has then committed more.
        end.next = std::max(known(partition.offset), known(offsetOf(committed, partition)));
        if (end.next < 0 || end.next > end.high) { // nothing read yet, or the topic was made anew
            if (!lows) lows = askFor(client_.get(), *assigned, RD_KAFKA_OFFSET_BEGINNING, wait);
            end.next = offsetOf(lows, partition);
        }
        ends.push_back(std::move(end));
    }
    return ends;
}

Watermarks Consumer::watermarks(const std::string& topic, int partition, std::chrono::milliseconds wait) {
    Watermarks marks;
    if (const auto code = rd_kafka_query_watermark_offsets(client_.get(), topic.c_str(), partition,
                                                           &marks.low, &marks.high, milliseconds(wait)))
        fail(code, fmt::format("asking for the offsets of {}/{}", topic, partition));
    return marks;
}

std::optional<std::int64_t> Consumer::offsetAt(const std::string& topic, int partition, core::Timestamp time,
                                               std::chrono::milliseconds wait) {
    const std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)>
        asked(rd_kafka_topic_partition_list_new(1), rd_kafka_topic_partition_list_destroy);
    auto* entry = rd_kafka_topic_partition_list_add(asked.get(), topic.c_str(), partition);
    entry->offset = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
    auto code = rd_kafka_offsets_for_times(client_.get(), asked.get(), milliseconds(wait));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = entry->err;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail(code, fmt::format("asking for the offset at a time of {}/{}", topic, partition));
    if (entry->offset < 0) return std::nullopt; // RD_KAFKA_OFFSET_END
    return entry->offset;
}

bool Consumer::close(std::chrono::milliseconds wait) {
    if (closed_) return true;
    closed_ = true;
    context_.assignment = {};
    // The blocking close waits for the coordinator without a bound (librdkafka issue 4519).
    const std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)> queue(
        rd_kafka_queue_new(client_.get()), rd_kafka_queue_destroy);
    if (auto* error = rd_kafka_consumer_close_queue(client_.get(), queue.get())) {
        rd_kafka_error_destroy(error);
        return false;
    }
    const auto end = std::chrono::steady_clock::now() + wait;
    while (!rd_kafka_consumer_closed(client_.get()) && std::chrono::steady_clock::now() < end) {
        const std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)> event(
            rd_kafka_queue_poll(queue.get(), 20), rd_kafka_event_destroy);
        // A rebalance is confirmed here, without a callback.
        if (event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE)
            rd_kafka_assign(client_.get(), nullptr);
    }
    return rd_kafka_consumer_closed(client_.get()) != 0;
}

} // namespace outboxd::kafka
