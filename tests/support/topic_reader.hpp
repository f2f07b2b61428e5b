// Reads a topic as a verifier does: everything that is there now, from every partition.
#pragma once

#include "platform/kafka/admin.hpp"
#include "platform/kafka/consumer.hpp"
#include "tests/support/memory_logger.hpp"

#include <stdexcept>

namespace outboxd::testing {

class TopicReader {
public:
    explicit TopicReader(const std::string& brokers)
        : settings_{brokers, "outboxd-verifier", {}}, admin_(settings_, logger_, clock_) {}

    // All records up to the end as it is at the moment of the call; partition by partition, in offset order.
    // Throws if the brokers do not answer or stop answering for half a minute.
    std::vector<kafka::ConsumedRecord> readAll(const std::string& topic) {
        const auto layout = admin_.layout(topic, patience);
        kafka::Consumer consumer(settings_, "", logger_, clock_);
        std::vector<kafka::ConsumedRecord> records;
        for (int partition = 0; partition < layout.partitions; ++partition) {
            const auto marks = watermarks(consumer, topic, partition);
            if (marks.low == marks.high) continue;
            consumer.assign({{topic, partition, marks.low}});
            for (auto next = marks.low; next < marks.high;) {
                auto record = consumer.poll(patience);
                if (!record) throw std::runtime_error("topic " + topic + " stopped short of its end");
                if (record->partition != partition) continue; // left over from the partition before
                next = record->offset + 1;
                if (record->offset < marks.high) records.push_back(std::move(*record));
            }
        }
        return records;
    }

    // The first header of this name; empty if there is none.
    static std::string header(const kafka::ConsumedRecord& record, std::string_view name) {
        for (const auto& [key, value] : record.headers)
            if (key == name) return value;
        return {};
    }

    kafka::Admin& admin() { return admin_; }

private:
    // A broker disowns a partition for a moment after the topic's creation and after its own restart.
    static kafka::Watermarks watermarks(kafka::Consumer& consumer, const std::string& topic, int partition) {
        for (const auto end = std::chrono::steady_clock::now() + patience;;) {
            try {
                return consumer.watermarks(topic, partition, patience);
            } catch (const core::Error&) {
                if (std::chrono::steady_clock::now() > end) throw;
            }
        }
    }

    static constexpr std::chrono::seconds patience{30};
    MemoryLogger logger_;
    core::SystemClock clock_;
    kafka::ClientSettings settings_;
    kafka::Admin admin_;
};

} // namespace outboxd::testing
