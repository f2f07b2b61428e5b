// outboxd-devbroker [TOPIC:PARTITIONS...]
//
// A Kafka-protocol broker for a demonstration: librdkafka's mock cluster in a process of its own. Prints one
// line `bootstrap=host:port` and serves until SIGTERM or SIGINT. Named topics exist from the start; any other
// appears with four partitions when a client first asks for it.
//
// It keeps everything in memory (5 MiB a partition), has one broker, does not remove duplicates of an
// idempotent producer and forgets all at its end: good to look at, no proof of delivery. Tests of a promise
// use the real broker.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace {

constexpr int kUsageError = 64;
constexpr int kUnavailable = 69;

struct Topic {
    std::string name;
    int partitions = 0; // 0: not understood
};

Topic parseTopic(std::string_view text) {
    Topic topic;
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return topic;
    topic.name = text.substr(0, colon);
    const auto count = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(count.begin(), count.end(), topic.partitions);
    if (error != std::errc{} || end != count.end() || topic.partitions < 0) topic.partitions = 0;
    return topic;
}

using Client = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;
using Cluster = std::unique_ptr<rd_kafka_mock_cluster_t, decltype(&rd_kafka_mock_cluster_destroy)>;

} // namespace

int main(int argc, char** argv) {
    // Blocked before the cluster starts its thread, so that only sigwait() below receives them.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);

    std::array<char, 512> reason{};
    rd_kafka_conf_t* settings = rd_kafka_conf_new();
    // Warnings and worse: it would remark that the client itself has no broker to talk to.
    rd_kafka_conf_set(settings, "log_level", "4", reason.data(), reason.size());
    const Client client(rd_kafka_new(RD_KAFKA_PRODUCER, settings, reason.data(), reason.size()),
                        &rd_kafka_destroy);
    if (!client) {
        std::fprintf(stderr, "outboxd-devbroker: %s\n", reason.data());
        return kUnavailable;
    }
    const Cluster cluster(rd_kafka_mock_cluster_new(client.get(), 1), &rd_kafka_mock_cluster_destroy);
    if (!cluster) {
        std::fprintf(stderr, "outboxd-devbroker: the mock cluster did not start\n");
        return kUnavailable;
    }
    for (int place = 1; place < argc; ++place) {
        const Topic topic = parseTopic(argv[place]);
        if (topic.partitions == 0) {
            std::fprintf(stderr, "outboxd-devbroker: expected TOPIC:PARTITIONS, not '%s'\n", argv[place]);
            return kUsageError;
        }
        const auto error = rd_kafka_mock_topic_create(cluster.get(), topic.name.c_str(), topic.partitions, 1);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            std::fprintf(stderr, "outboxd-devbroker: topic %s: %s\n", topic.name.c_str(),
                         rd_kafka_err2str(error));
            return kUnavailable;
        }
    }
    std::printf("bootstrap=%s\n", rd_kafka_mock_cluster_bootstraps(cluster.get()));
    std::fflush(stdout);

    int received = 0;
    sigwait(&ends, &received);
    return 0;
}
