#include "platform/kafka/producer.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>

namespace outboxd::kafka {

namespace {

std::map<std::string, std::string> propertiesOf(const ProducerSettings& settings) {
    return {
        {"enable.idempotence", "true"},
        {"enable.gapless.guarantee", "true"},
        {"acks", "all"},
        {"max.in.flight.requests.per.connection", "1"},
        {"message.timeout.ms", "0"},
        {"compression.type", settings.compression},
        {"linger.ms", std::to_string(settings.linger.count())},
        {"batch.num.messages", std::to_string(settings.batchMessages)},
        {"batch.size", std::to_string(settings.batchBytes)},
        {"message.max.bytes", std::to_string(std::max<std::size_t>(settings.maxMessageBytes, 1000))},
        {"queue.buffering.max.messages", std::to_string(settings.queueMessages)},
        {"queue.buffering.max.kbytes", std::to_string(std::max<std::size_t>(settings.queueBytes / 1024, 1))},
    };
}

} // namespace

struct Producer::Callbacks {
    static void delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
        auto& context = *static_cast<Context*>(static_cast<ClientEvents*>(opaque));
        context.served.push_back({reinterpret_cast<std::uintptr_t>(message->_private), message->err});
        if (!message->err) context.setReachable();
    }
};

void Producer::DeleteTopic::operator()(rd_kafka_topic_s* topic) const { rd_kafka_topic_destroy(topic); }

Producer::Producer(const ClientSettings& client, const ProducerSettings& settings, core::Logger& logger,
                   const core::Clock& clock)
    : context_(logger, clock, "producer") {
    Configuration configuration(client, propertiesOf(settings));
    rd_kafka_conf_set_dr_msg_cb(configuration.get(), Callbacks::delivered);
    client_ = makeClient(ClientType::producer, std::move(configuration), context_);
}

Producer::~Producer() { purge(); }

rd_kafka_topic_s* Producer::topic(const std::string& name) {
    auto& handle = topics_[name];
    if (!handle) handle.reset(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    return handle.get();
}

Producer::Outcome Producer::produce(const Message& message, std::uint64_t opaque) {
    auto* handle = topic(message.topic);
    if (!handle) return {Result::refused, rd_kafka_last_error()};
    // Owned by the message once it is accepted, by us until then.
    std::unique_ptr<rd_kafka_headers_t, decltype(&rd_kafka_headers_destroy)> headers(
        rd_kafka_headers_new(message.headers.size()), rd_kafka_headers_destroy);
    for (const auto& [name, value] : message.headers)
        rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                            static_cast<ssize_t>(value.size()));

    std::array<rd_kafka_vu_t, 8> fields{};
    fields[0].vtype = RD_KAFKA_VTYPE_RKT;
    fields[0].u.rkt = handle;
    fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[1].u.i32 = message.partition;
    fields[2].vtype = RD_KAFKA_VTYPE_KEY;
    fields[2].u.mem = {const_cast<char*>(message.key.data()), message.key.size()};
    fields[3].vtype = RD_KAFKA_VTYPE_VALUE;
    // A null pointer is a tombstone; an empty value needs some other pointer.
    fields[3].u.mem = {nullptr, 0};
    if (message.value)
        fields[3].u.mem = {const_cast<char*>(message.value->empty() ? "" : message.value->data()),
                           message.value->size()};
    fields[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    fields[4].u.i64 = message.timestamp;
    fields[5].vtype = RD_KAFKA_VTYPE_HEADERS;
    fields[5].u.headers = headers.get();
    fields[6].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[6].u.i = RD_KAFKA_MSG_F_COPY;
    fields[7].vtype = RD_KAFKA_VTYPE_OPAQUE;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a number through librdkafka's opaque pointer and back
    fields[7].u.ptr = reinterpret_cast<void*>(static_cast<std::uintptr_t>(opaque));

    const std::unique_ptr<rd_kafka_error_t, decltype(&rd_kafka_error_destroy)> error(
        rd_kafka_produceva(client_.get(), fields.data(), fields.size()), rd_kafka_error_destroy);
    if (error) {
        const auto code = rd_kafka_error_code(error.get());
        return {code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? Result::queue_full : Result::refused, code};
    }
    (void)headers.release();
    ++outstanding_;
    return {};
}

void Producer::learn(const std::string& name, std::chrono::milliseconds wait) {
    auto* handle = topic(name);
    const struct rd_kafka_metadata* found = nullptr;
    if (handle && !rd_kafka_metadata(client_.get(), 0, handle, &found, milliseconds(wait)))
        rd_kafka_metadata_destroy(found);
}

void Producer::poll(std::chrono::milliseconds wait, std::vector<Report>& reports) {
    rd_kafka_poll(client_.get(), milliseconds(wait));
    outstanding_ -= context_.served.size();
    reports.insert(reports.end(), context_.served.begin(), context_.served.end());
    context_.served.clear();
}

void Producer::announce(std::function<void()> wake) {
    context_.wake = std::move(wake);
    const std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)> queue(
        rd_kafka_queue_get_main(client_.get()), rd_kafka_queue_destroy);
    rd_kafka_queue_cb_event_enable(
        queue.get(), [](rd_kafka_t*, void* context) { static_cast<Context*>(context)->wake(); }, &context_);
}

void Producer::purge() {
    rd_kafka_purge(client_.get(),
                   RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

bool Producer::flush(std::chrono::milliseconds wait, std::vector<Report>& reports) {
    const auto end = std::chrono::steady_clock::now() + wait;
    while (outstanding_ > 0) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0) break;
        poll(left, reports);
    }
    return outstanding_ == 0;
}

std::optional<std::string> Producer::fatal() const {
    std::array<char, 512> text{};
    const auto code = rd_kafka_fatal_error(client_.get(), text.data(), text.size());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
    return fmt::format("{}: {}", rd_kafka_err2name(code), text.data());
}

} // namespace outboxd::kafka
