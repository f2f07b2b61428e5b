// librdkafka's producer as it is, without our wrapping: for tests that pin what it does.
#pragma once

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace outboxd::testing {

// Idempotent, acks=all, without a message time-out. Waiting is bounded and then throws.
class RawKafkaProducer {
public:
    RawKafkaProducer(const std::string& brokers, const std::map<std::string, std::string>& properties) {
        auto* conf = rd_kafka_conf_new();
        const auto set = [&](const std::string& name, const std::string& value) {
            std::array<char, 512> text{};
            if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) !=
                RD_KAFKA_CONF_OK)
                throw std::runtime_error(text.data());
        };
        set("bootstrap.servers", brokers);
        set("enable.idempotence", "true");
        set("acks", "all");
        set("message.timeout.ms", "0");
        set("statistics.interval.ms", "50");
        set("log_level", "2");
        for (const auto& [name, value] : properties) set(name, value);
        rd_kafka_conf_set_opaque(conf, this);
        rd_kafka_conf_set_dr_msg_cb(conf, delivered);
        rd_kafka_conf_set_stats_cb(conf, counted);
        std::array<char, 512> text{};
        client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size()));
        if (!client_) throw std::runtime_error(text.data());
    }
    RawKafkaProducer(const RawKafkaProducer&) = delete;
    RawKafkaProducer& operator=(const RawKafkaProducer&) = delete;
    ~RawKafkaProducer() { purge(); }

    static std::string version() { return rd_kafka_version_str(); }

    // To partition 0, all under one key. The record's text is the value and what follows it.
    void send(const std::string& topic, int value, std::int64_t timestamp, const std::string& more = {}) {
        const auto text = std::to_string(value) + more;
        const auto code = rd_kafka_producev(
            client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY("k", 1),
            RD_KAFKA_V_VALUE(const_cast<char*>(text.data()), text.size()), RD_KAFKA_V_TIMESTAMP(timestamp),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            // NOLINTNEXTLINE(performance-no-int-to-ptr): a number through the opaque pointer and back
            RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(static_cast<std::uintptr_t>(value))), RD_KAFKA_V_END);
        // A fatal producer refuses: such a record is not delivered, as if it had been purged.
        if (code) reports_.emplace_back(value, code);
    }
    // Value and code, in the order of the reports.
    const std::vector<std::pair<int, int>>& reports() const { return reports_; }
    bool fatal() const {
        std::array<char, 512> text{};
        return rd_kafka_fatal_error(client_.get(), text.data(), text.size()) != RD_KAFKA_RESP_ERR_NO_ERROR;
    }

    void awaitReports(std::size_t count) {
        await([&] { return reports_.size() >= count; }, "reports are missing");
    }
    void awaitFatal() {
        await([&] { return fatal(); }, "the producer did not give up");
    }
    void awaitReportsOrFatal(std::size_t count) {
        await([&] { return reports_.size() >= count || fatal(); }, "reports are missing");
    }
    // Until so many requests have been sent to a broker that has not answered them.
    void awaitInFlight(int requests) {
        await([&] { return inFlight_ >= requests; }, "the requests were not sent");
    }
    // The brokers tell about the topic now; they must answer.
    void learn(const std::string& topic) {
        const std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)> handle(
            rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr), rd_kafka_topic_destroy);
        const struct rd_kafka_metadata* found = nullptr;
        if (rd_kafka_metadata(client_.get(), 0, handle.get(), &found, 30'000) != RD_KAFKA_RESP_ERR_NO_ERROR)
            throw std::runtime_error("the topic's metadata did not come");
        rd_kafka_metadata_destroy(found);
    }
    void makeFatal() {
        rd_kafka_test_fatal_error(client_.get(), RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, "by a test");
    }
    void purge() {
        rd_kafka_purge(client_.get(),
                       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    }

private:
    static void delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
        static_cast<RawKafkaProducer*>(opaque)->reports_.emplace_back(
            static_cast<int>(reinterpret_cast<std::uintptr_t>(message->_private)), message->err);
    }
    // The largest "waitresp_cnt" of any broker.
    static int counted(rd_kafka_t*, char* json, std::size_t size, void* opaque) {
        const std::string text(json, size);
        const std::string name = "\"waitresp_cnt\":";
        auto& most = static_cast<RawKafkaProducer*>(opaque)->inFlight_;
        most = 0;
        for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1))
            most = std::max(most, std::stoi(text.substr(at + name.size())));
        return 0;
    }
    template <class Done> void await(Done done, const char* otherwise) {
        for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60}; !done();) {
            if (std::chrono::steady_clock::now() > end) throw std::runtime_error(otherwise);
            rd_kafka_poll(client_.get(), 50);
        }
    }

    struct Destroy {
        void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
    };
    std::unique_ptr<rd_kafka_t, Destroy> client_;
    std::vector<std::pair<int, int>> reports_;
    int inFlight_ = 0;
};

} // namespace outboxd::testing
