// Measures a relay from outside, whichever it is: `./dev bench relay` runs it against the daemon and the bare loop.
//
//   drain    stops the process, fills the queue with a span of events, lets it go on and waits until the queue is empty
//   latency  commits events at a constant rate and sees them arrive at a consumer
//   topic    makes a topic
//   fsync    how long this machine's disk takes for a small flush
//
// Each prints one line of JSON.
#include "tests/bench/bare_connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <thread>
#include <vector>

namespace outboxd::bench {
namespace {

using namespace std::chrono_literals;

struct Options {
    BareDatabaseOptions database;
    std::string brokers, topic, folder = ".", channel, redis;
    std::vector<int> processes; // relay, database, broker
    std::int64_t first = 0, last = 0;
    double rate = 1000, seconds = 10;
    int payload = 300;
};

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double processorSeconds(int pid) {
    std::string line;
    std::getline(std::ifstream(fmt::format("/proc/{}/stat", pid)), line);
    std::istringstream fields(line.substr(line.rfind(')') + 2));
    std::string word;
    for (int i = 0; i < 11; ++i) fields >> word;
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::vector<double> processorSeconds(const std::vector<int>& pids) {
    std::vector<double> seconds;
    for (const int pid : pids) seconds.push_back(processorSeconds(pid));
    return seconds;
}

// Peak resident memory in MiB since the last forgetPeak().
double peakMemory(int pid) {
    std::ifstream status(fmt::format("/proc/{}/status", pid));
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
    return 0;
}

void forgetPeak(int pid) { std::ofstream(fmt::format("/proc/{}/clear_refs", pid)) << 5; }

double percentile(const std::vector<double>& sorted, double share) {
    if (sorted.empty()) return 0;
    return sorted[std::min(sorted.size() - 1,
                           static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

// Reads a topic from its present end.
class Watcher {
public:
    Watcher(const std::string& brokers, std::string topic) : topic_(std::move(topic)) {
        auto* conf = rd_kafka_conf_new();
        char error[512];
        for (const auto& [name, value] : {std::pair{"bootstrap.servers", brokers.c_str()},
                                          {"group.id", "relay-meter"},
                                          {"enable.auto.commit", "false"},
                                          {"fetch.min.bytes", "1"},
                                          {"fetch.wait.max.ms", "100"}})
            if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK)
                throw std::runtime_error(error);
        client_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
        if (client_ == nullptr) throw std::runtime_error(error);
        rd_kafka_poll_set_consumer(client_);
    }
    ~Watcher() {
        rd_kafka_consumer_close(client_);
        rd_kafka_destroy(client_);
    }
    Watcher(const Watcher&) = delete;

    // The ends of all partitions; their sum counts the records.
    std::vector<std::int64_t> ends() {
        const rd_kafka_metadata_t* metadata = nullptr;
        auto* topic = rd_kafka_topic_new(client_, topic_.c_str(), nullptr);
        const auto code = rd_kafka_metadata(client_, 0, topic, &metadata, 5000);
        rd_kafka_topic_destroy(topic);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
        std::vector<std::int64_t> ends(static_cast<std::size_t>(metadata->topics[0].partition_cnt));
        rd_kafka_metadata_destroy(metadata);
        for (std::size_t i = 0; i < ends.size(); ++i) {
            std::int64_t low = 0;
            rd_kafka_query_watermark_offsets(client_, topic_.c_str(), static_cast<int>(i), &low, &ends[i],
                                             5000);
        }
        return ends;
    }
    std::int64_t records() {
        std::int64_t sum = 0;
        for (const auto end : ends()) sum += end;
        return sum;
    }

    void watch() {
        const auto from = ends();
        auto* list = rd_kafka_topic_partition_list_new(static_cast<int>(from.size()));
        for (std::size_t i = 0; i < from.size(); ++i)
            rd_kafka_topic_partition_list_add(list, topic_.c_str(), static_cast<int>(i))->offset = from[i];
        rd_kafka_assign(client_, list);
        rd_kafka_topic_partition_list_destroy(list);
    }

    template <class OnRecord> void poll(OnRecord&& onRecord) {
        auto* message = rd_kafka_consumer_poll(client_, 20);
        if (message == nullptr) return;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            onRecord(std::string_view{static_cast<const char*>(message->payload), message->len});
        rd_kafka_message_destroy(message);
    }

private:
    const std::string topic_;
    rd_kafka_t* client_ = nullptr;
};

// What earlier runs deleted has been purged, or at least purging no longer gets on.
void letSettle(BareConnection& database) {
    const auto end = Clock::now() + 20s;
    while (Clock::now() < end) {
        std::int64_t length = 0;
        database.rows("SHOW GLOBAL STATUS LIKE 'Innodb_history_list_length'",
                      [&](MYSQL_ROW row, unsigned long*) { length = std::stoll(row[1]); });
        if (length < 200) break;
        std::this_thread::sleep_for(50ms);
    }
}

// ---- drain ----

void drain(const Options& options) {
    BareConnection database(options.database);
    Watcher watcher(options.brokers, options.topic);
    const int relay = options.processes.at(0);
    const auto recordsBefore = watcher.records();
    kill(relay, SIGSTOP);
    database.run("SET SESSION sql_log_bin = 0"); // the filling is not what is measured
    const auto rows = database.run(
        fmt::format("INSERT INTO outbox_queue (lane, id) SELECT CRC32(order_key) & 15, id FROM outbox_event "
                    "WHERE id BETWEEN {} AND {}",
                    options.first, options.last));
    letSettle(database);
    std::this_thread::sleep_for(300ms);

    forgetPeak(relay);
    const auto processorBefore = processorSeconds(options.processes);
    const auto start = Clock::now();
    kill(relay, SIGCONT);
    // The last row of the last lane is what goes last; behind it the look meets no deleted rows until then.
    const auto pause = std::chrono::microseconds{std::clamp<std::int64_t>(rows / 10, 1000, 100'000)};
    do std::this_thread::sleep_for(pause);
    while (database.number("SELECT id FROM outbox_queue ORDER BY lane DESC, id DESC LIMIT 1") != 0);
    const auto seconds = secondsSince(start);
    auto spent = processorSeconds(options.processes);
    const double million = 1e6 / static_cast<double>(rows);
    for (std::size_t i = 0; i < spent.size(); ++i) spent[i] = (spent[i] - processorBefore[i]) * million;
    std::cout << fmt::format(
                     R"({{"rows_per_s": {:.0f}, "seconds": {:.3f}, "relay_s": {:.2f}, "database_s": {:.2f}, )"
                     R"("broker_s": {:.2f}, "rows": {}, "records": {}, "rss_mb": {:.1f}}})",
                     static_cast<double>(rows) / seconds, seconds, spent.at(0), spent.at(1), spent.at(2),
                     rows, watcher.records() - recordsBefore, peakMemory(relay))
              << std::endl;
}

// ---- latency ----

// Publishes on a Redis channel, as a node does after a commit.
class Bell {
public:
    Bell(const std::string& address, std::string channel) : channel_(std::move(channel)) {
        if (channel_.empty()) return;
        socket_ = socket(AF_INET, SOCK_STREAM, 0);
        const auto colon = address.find(':');
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
        inet_pton(AF_INET, address.substr(0, colon).c_str(), &where.sin_addr);
        if (connect(socket_, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0)
            throw std::runtime_error("Redis cannot be reached");
    }
    ~Bell() {
        if (socket_ >= 0) close(socket_);
    }
    Bell(const Bell&) = delete;

    void ring() const {
        if (socket_ < 0) return;
        const auto text = fmt::format("PUBLISH {} 1\r\n", channel_);
        char answer[64];
        if (send(socket_, text.data(), text.size(), 0) < 0 || recv(socket_, answer, sizeof answer, 0) <= 0)
            throw std::runtime_error("Redis is gone");
    }

private:
    const std::string channel_;
    int socket_ = -1;
};

// Each writer takes every eighth event. Whoever is late hurries: the rate stays, and a stall shows in the figures.
class Writers {
public:
    Writers(const Options& options, std::size_t count) : options_(options), committed_(count) {}

    void run() {
        constexpr std::size_t writers = 8;
        const auto start = Clock::now() + 50ms;
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < writers; ++i)
            threads.emplace_back([this, i, start] {
                BareConnection database(options_.database);
                const Bell bell(options_.redis, options_.channel);
                for (auto number = i; number < committed_.size(); number += writers) {
                    std::this_thread::sleep_until(start +
                                                  std::chrono::nanoseconds{static_cast<std::int64_t>(
                                                      1e9 / options_.rate * static_cast<double>(number))});
                    database.run(statement(number));
                    committed_[number] = Clock::now().time_since_epoch().count();
                    bell.ring();
                }
            });
    }

    std::int64_t committed(std::size_t number) const { return committed_[number]; }

private:
    std::string statement(std::size_t number) const {
        auto payload = fmt::format("{{\"number\":{},\"filling\":\"", number);
        payload.resize(std::max(payload.size(), static_cast<std::size_t>(options_.payload) - 2), 'x');
        return fmt::format(
            "INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload) "
            "VALUES (UNHEX(REPLACE(UUID(), '-', '')), 'bench', 'key-{}', 'measured', '{}\"}}')",
            number % 5000, payload);
    }

    const Options& options_;
    std::vector<std::atomic<std::int64_t>> committed_; // on the steady clock; 0: not yet
};

void latency(const Options& options) {
    constexpr double warmup = 1; // seconds that do not count
    const auto count = static_cast<std::size_t>(options.rate * (options.seconds + warmup));
    Watcher watcher(options.brokers, options.topic);
    watcher.watch();
    for (const auto end = Clock::now() + 500ms; Clock::now() < end;) watcher.poll([](std::string_view) {});
    {
        BareConnection database(options.database);
        letSettle(database);
    }
    forgetPeak(options.processes.at(0));
    const auto processorBefore = processorSeconds(options.processes);
    const auto start = Clock::now();
    Writers writers(options, count);
    std::jthread writing([&] { writers.run(); });
    std::vector<std::int64_t> arrived(count, 0);
    std::size_t missing = count;
    const auto patience = Clock::now() + std::chrono::seconds{static_cast<int>(options.seconds) + 30};
    while (missing > 0 && Clock::now() < patience) {
        watcher.poll([&](std::string_view payload) {
            constexpr std::string_view begin = "{\"number\":";
            if (!payload.starts_with(begin)) return;
            const auto number = std::stoul(std::string{payload.substr(begin.size(), 12)});
            if (number >= count || arrived[number] != 0) return;
            arrived[number] = Clock::now().time_since_epoch().count();
            --missing;
        });
    }
    writing.join();
    auto spent = processorSeconds(options.processes);
    for (std::size_t i = 0; i < spent.size(); ++i)
        spent[i] = (spent[i] - processorBefore[i]) / secondsSince(start);
    std::vector<double> waits;
    for (auto i = static_cast<std::size_t>(options.rate * warmup); i < count; ++i)
        if (arrived[i] != 0) waits.push_back(static_cast<double>(arrived[i] - writers.committed(i)) / 1e6);
    std::ranges::sort(waits);
    std::cout
        << fmt::format(
               R"({{"p50_ms": {:.3f}, "p95_ms": {:.3f}, "p99_ms": {:.3f}, "max_ms": {:.3f}, "missing": {}, )"
               R"("relay_cores": {:.3f}, "database_cores": {:.3f}, "broker_cores": {:.3f}, "rss_mb": {:.1f}}})",
               percentile(waits, 0.5), percentile(waits, 0.95), percentile(waits, 0.99), percentile(waits, 1),
               missing, spent.at(0), spent.at(1), spent.at(2), peakMemory(options.processes.at(0)))
        << std::endl;
}

// ---- topic ----

// With the partitions and the settings that the daemon would give it.
void createTopic(const Options& options) {
    auto* conf = rd_kafka_conf_new();
    char error[512];
    rd_kafka_conf_set(conf, "bootstrap.servers", options.brokers.c_str(), error, sizeof error);
    auto* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (client == nullptr) throw std::runtime_error(error);
    auto* topic = rd_kafka_NewTopic_new(options.topic.c_str(), 8, 1, error, sizeof error);
    auto* queue = rd_kafka_queue_new(client);
    rd_kafka_CreateTopics(client, &topic, 1, nullptr, queue);
    auto* event = rd_kafka_queue_poll(queue, 10'000);
    if (event == nullptr || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        throw std::runtime_error("the topic could not be created");
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_destroy(client);
}

// ---- fsync ----

void fsyncs(const Options& options) {
    const auto path = std::filesystem::path(options.folder) / "fsync-probe";
    const int file = open(path.c_str(), O_CREAT | O_RDWR | O_TRUNC, 0600);
    if (file < 0) throw std::runtime_error("cannot write to " + options.folder);
    std::vector<double> waits;
    const std::string block(512, 'x');
    for (int i = 0; i < 500; ++i) {
        const auto start = Clock::now();
        if (pwrite(file, block.data(), block.size(), 0) < 0 || fdatasync(file) != 0)
            throw std::runtime_error("cannot flush " + path.string());
        waits.push_back(secondsSince(start) * 1e6);
    }
    close(file);
    std::filesystem::remove(path);
    std::ranges::sort(waits);
    std::cout << fmt::format(R"({{"p50_us": {:.0f}, "p99_us": {:.0f}}})", percentile(waits, 0.5),
                             percentile(waits, 0.99))
              << std::endl;
}

} // namespace
} // namespace outboxd::bench

int main(int argc, char** argv) {
    using namespace outboxd::bench;
    CLI::App app{"Measures a relay from outside."};
    app.require_subcommand(1);
    Options options;
    const auto measured = [&](const char* name, const char* what) {
        auto* command = app.add_subcommand(name, what);
        options.database.addTo(*command);
        command->add_option("--brokers", options.brokers)->required();
        command->add_option("--topic", options.topic)->required();
        command->add_option("--processes", options.processes, "relay, database and broker")
            ->expected(3)
            ->required();
        return command;
    };
    auto* draining = measured("drain", "a backlog, from full to empty");
    draining->add_option("--first", options.first, "id")->required();
    draining->add_option("--last", options.last, "id")->required();
    auto* waiting = measured("latency", "from the commit to a consumer");
    waiting->add_option("--rate", options.rate, "events per second");
    waiting->add_option("--seconds", options.seconds);
    waiting->add_option("--payload", options.payload, "bytes");
    waiting->add_option("--redis", options.redis, "host:port");
    waiting->add_option("--channel", options.channel, "to publish on after each commit; none by default");
    auto* creating = app.add_subcommand("topic", "makes the topic that a relay will write to");
    creating->add_option("--brokers", options.brokers)->required();
    creating->add_option("--topic", options.topic)->required();
    auto* flushing = app.add_subcommand("fsync", "the disk");
    flushing->add_option("--folder", options.folder);
    CLI11_PARSE(app, argc, argv);
    try {
        if (draining->parsed()) drain(options);
        if (waiting->parsed()) latency(options);
        if (creating->parsed()) createTopic(options);
        if (flushing->parsed()) fsyncs(options);
    } catch (const std::exception& error) {
        std::cerr << "relay meter: " << error.what() << '\n';
        return 1;
    }
}
