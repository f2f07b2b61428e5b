// The yardstick of `./dev bench relay`: what the relay does, with nothing but libmariadb and librdkafka.
//
// The same tables and the same promises as the daemon's: per lane in id order, late commits found, the lane's lock
// checked by each read and at the end of each mark, an idempotent producer with acks=all, rows deleted from the queue
// once the broker has acknowledged them. No failures, though: any error ends the program. No leases to renew, no held
// rows, no limits per topic, no shutdown, no metrics.
//
// One thread reads and produces straight from the rows as they come, one marks, librdkafka's own compress and send.
#include "tests/bench/bare_connection.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

namespace outboxd::bench {
namespace {

constexpr int kLanes = 16;
constexpr const char* kHolder = "bare-relay";

struct Options {
    BareDatabaseOptions database;
    std::string brokers, prefix;
    std::size_t batch = 4000, maxRows = 40'000, maxBytes = 24U << 20;
    int inFlight = 5, lingerMs = 0, spacingUs = 2000;
    bool range = true;
};

// One read of one lane, until it is marked.
struct Batch {
    int lane = 0;
    std::vector<std::int64_t> ids;
    std::size_t bytes = 0, open = 0;
};

struct Lane {
    std::int64_t cursor = 0;
    std::vector<std::int64_t> known; // read and not marked, ascending
    bool work = false;
};

std::string lockName(int lane) { return fmt::format("outbox-lane-{:02}", lane); }

std::string fence(int lane) {
    return fmt::format("s.name = '{}' AND s.locked_by = '{}' AND s.lock_until > UTC_TIMESTAMP(3)",
                       lockName(lane), kHolder);
}

// Marks batches, on a thread and a connection of its own.
class Marker {
public:
    Marker(const Options& options) : range_(options.range), database_(options.database) {}

    void start() {
        thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
    }

    void add(std::unique_ptr<Batch> batch) {
        const std::lock_guard lock(mutex_);
        due_.push_back(std::move(batch));
        wake_.notify_one();
    }
    std::vector<std::unique_ptr<Batch>> done() {
        const std::lock_guard lock(mutex_);
        return std::exchange(done_, {});
    }

private:
    void loop(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            std::vector<std::unique_ptr<Batch>> group; // of one lane
            {
                std::unique_lock lock(mutex_);
                wake_.wait(lock, stop, [&] { return !due_.empty(); });
                if (due_.empty()) return;
                const int lane = due_.front()->lane;
                for (auto next = due_.begin(); next != due_.end();)
                    if ((*next)->lane == lane) {
                        group.push_back(std::move(*next));
                        next = due_.erase(next);
                    } else {
                        ++next;
                    }
            }
            std::vector<std::int64_t> ids;
            for (auto& batch : group) ids.insert(ids.end(), batch->ids.begin(), batch->ids.end());
            std::ranges::sort(ids);
            mark(group.front()->lane, ids);
            const std::lock_guard lock(mutex_);
            for (auto& batch : group) done_.push_back(std::move(batch));
        }
    }

    void mark(int lane, const std::vector<std::int64_t>& ids) {
        const auto held =
            fmt::format("EXISTS (SELECT 1 FROM shedlock s WHERE {} LOCK IN SHARE MODE)", fence(lane));
        if (range_ && ids.size() > 100) {
            const auto gone = database_.run(fmt::format(
                "START TRANSACTION; SET STATEMENT innodb_lock_wait_timeout=0 FOR DELETE FROM outbox_queue "
                "WHERE lane = {} AND id BETWEEN {} AND {} AND {}",
                lane, ids.front(), ids.back(), held));
            const bool exact = gone == static_cast<std::int64_t>(ids.size());
            database_.run(exact ? "COMMIT" : "ROLLBACK");
            if (exact) return;
        }
        auto sql = fmt::format("DELETE FROM outbox_queue WHERE lane = {} AND {} AND id IN (", lane, held);
        for (const auto id : ids) fmt::format_to(std::back_inserter(sql), "{},", id);
        sql.back() = ')';
        if (database_.run(sql) != static_cast<std::int64_t>(ids.size()))
            throw std::runtime_error("the lane is lost");
    }

    const bool range_;
    BareConnection database_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<std::unique_ptr<Batch>> due_;
    std::vector<std::unique_ptr<Batch>> done_;
    std::jthread thread_;
};

class Relay {
public:
    explicit Relay(const Options& options)
        : options_(options), database_(options.database), marker_(options) {
        connect();
        for (int lane = 0; lane < kLanes; ++lane)
            database_.run(
                fmt::format("REPLACE INTO shedlock (name, lock_until, locked_at, locked_by) VALUES ('{}', "
                            "UTC_TIMESTAMP(3) + INTERVAL 1 DAY, UTC_TIMESTAMP(3), '{}')",
                            lockName(lane), kHolder));
        marker_.start();
    }

    ~Relay() {
        rd_kafka_topic_destroy(topic_);
        rd_kafka_destroy(producer_);
    }

    [[noreturn]] void run() {
        auto nextProbe = Clock::now();
        while (true) {
            rd_kafka_poll(producer_, busy() ? 0 : 1);
            takeMarked();
            const auto now = Clock::now();
            if (now >= nextProbe) {
                probe();
                nextProbe = now + std::chrono::microseconds(options_.spacingUs);
            }
            bool read = false;
            for (int i = 0; i < kLanes; ++i) {
                const int lane = (first_ + i) % kLanes;
                if (!lanes_[static_cast<std::size_t>(lane)].work ||
                    rows_ + options_.batch > options_.maxRows || bytes_ > options_.maxBytes)
                    continue;
                this->read(lane);
                read = true;
                first_ = (lane + 1) % kLanes;
                rd_kafka_poll(producer_, 0);
                takeMarked();
            }
            if (!read) rd_kafka_poll(producer_, 1);
        }
    }

private:
    bool busy() const {
        return std::ranges::any_of(lanes_, &Lane::work) && rows_ + options_.batch <= options_.maxRows;
    }

    void connect() {
        auto* conf = rd_kafka_conf_new();
        const std::pair<const char*, std::string> properties[] = {
            {"bootstrap.servers", options_.brokers},
            {"enable.idempotence", "true"},
            {"enable.gapless.guarantee", "true"},
            {"acks", "all"},
            {"max.in.flight.requests.per.connection", std::to_string(options_.inFlight)},
            {"message.timeout.ms", "0"},
            {"compression.type", "lz4"},
            {"linger.ms", std::to_string(options_.lingerMs)},
            {"batch.num.messages", "10000"},
            {"batch.size", "1000000"},
            {"queue.buffering.max.messages", "1000000"},
            {"queue.buffering.max.kbytes", "262144"},
            {"partitioner", "murmur2_random"},
            {"log_level", "3"}, // not that gapless is experimental
        };
        char error[512];
        for (const auto& [name, value] : properties)
            if (rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK)
                throw std::runtime_error(error);
        rd_kafka_conf_set_opaque(conf, this);
        rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
            static_cast<Relay*>(self)->acknowledged(*message);
        });
        producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
        if (producer_ == nullptr) throw std::runtime_error(error);
        topic_ = rd_kafka_topic_new(producer_, (options_.prefix + "bench").c_str(), nullptr);
    }

    void probe() {
        database_.rows("SELECT lane, MIN(id), MAX(id) FROM outbox_queue GROUP BY lane",
                       [&](MYSQL_ROW row, unsigned long*) {
                           auto& lane = lanes_[std::stoul(row[0])];
                           if (std::stoll(row[2]) > lane.cursor || lane.known.empty() ||
                               std::stoll(row[1]) < lane.known.front())
                               lane.work = true;
                       });
    }

    // Poll B and poll A in one snapshot: what is at or below the cursor, then what follows it. If there are late rows,
    // they go alone, and what follows them is read again.
    void read(int number) {
        auto& lane = lanes_[static_cast<std::size_t>(number)];
        auto batch = newBatch(number);
        std::string late;
        const auto sql = fmt::format(
            "SELECT q.id, NULL, NULL, NULL, NULL, NULL FROM shedlock s STRAIGHT_JOIN outbox_queue q "
            "WHERE {0} AND q.lane = {1} AND q.id <= {2} UNION ALL "
            "(SELECT q.id, e.event_id, e.order_key, e.type, e.payload, e.created_at "
            "FROM shedlock s STRAIGHT_JOIN outbox_queue q STRAIGHT_JOIN outbox_event e ON e.id = q.id "
            "WHERE {0} AND q.lane = {1} AND q.id > {2} ORDER BY q.id LIMIT {3})",
            fence(number), number, lane.cursor, options_.batch);
        database_.rows(sql, [&](MYSQL_ROW row, unsigned long* lengths) {
            if (row[1] != nullptr) {
                if (late.empty()) produce(row, lengths, *batch);
            } else if (!std::ranges::binary_search(lane.known, integer(row[0]))) {
                late += (late.empty() ? "" : ",") + std::string{row[0]};
            }
        });
        if (!late.empty()) {
            database_.rows(
                fmt::format("SELECT id, event_id, order_key, type, payload, created_at FROM outbox_event "
                            "WHERE id IN ({}) ORDER BY id",
                            late),
                [&](MYSQL_ROW row, unsigned long* lengths) { produce(row, lengths, *batch); });
        } else if (!batch->ids.empty()) {
            lane.cursor = batch->ids.back();
        }
        lane.work = !late.empty() || batch->ids.size() >= options_.batch;
        if (batch->ids.empty()) return;
        lane.known.insert(lane.known.end(), batch->ids.begin(), batch->ids.end());
        if (!late.empty()) std::ranges::sort(lane.known);
        rows_ += batch->ids.size();
        bytes_ += batch->bytes;
        --batch->open; // all of it is on its way
        inFlight_.push_back(std::move(batch));
        finish(std::prev(inFlight_.end()));
    }

    std::unique_ptr<Batch> newBatch(int lane) const {
        auto batch = std::make_unique<Batch>();
        batch->lane = lane;
        batch->ids.reserve(options_.batch);
        batch->open = 1; // so that no report finds it finished while it is being filled
        return batch;
    }

    static std::int64_t integer(const char* text) {
        std::int64_t value = 0;
        for (; *text != '\0'; ++text) value = value * 10 + (*text - '0');
        return value;
    }

    void produce(MYSQL_ROW row, const unsigned long* lengths, Batch& batch) {
        static constexpr char digits[] = "0123456789abcdef";
        std::array<char, 36> uuid;
        for (std::size_t from = 0, to = 0; from < 16; ++from) {
            if (from == 4 || from == 6 || from == 8 || from == 10) uuid[to++] = '-';
            uuid[to++] = digits[static_cast<unsigned char>(row[1][from]) >> 4];
            uuid[to++] = digits[static_cast<unsigned char>(row[1][from]) & 15];
        }
        auto* headers = rd_kafka_headers_new(3);
        rd_kafka_header_add(headers, "id", 2, uuid.data(), uuid.size());
        rd_kafka_header_add(headers, "eventType", 9, row[3], static_cast<ssize_t>(lengths[3]));
        rd_kafka_header_add(headers, "outbox_seq", 10, row[0], static_cast<ssize_t>(lengths[0]));
        rd_kafka_vu_t fields[7];
        fields[0].vtype = RD_KAFKA_VTYPE_RKT;
        fields[0].u.rkt = topic_;
        fields[1].vtype = RD_KAFKA_VTYPE_KEY;
        fields[1].u.mem = {row[2], lengths[2]};
        fields[2].vtype = RD_KAFKA_VTYPE_VALUE;
        fields[2].u.mem = {row[4], lengths[4]};
        fields[3].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
        fields[3].u.i64 = milliseconds(row[5]);
        fields[4].vtype = RD_KAFKA_VTYPE_HEADERS;
        fields[4].u.headers = headers;
        fields[5].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
        fields[5].u.i = RD_KAFKA_MSG_F_COPY;
        fields[6].vtype = RD_KAFKA_VTYPE_OPAQUE;
        fields[6].u.ptr = &batch;
        if (auto* error = rd_kafka_produceva(producer_, fields, std::size(fields)))
            throw std::runtime_error(rd_kafka_error_string(error));
        ++batch.open;
        batch.ids.push_back(integer(row[0]));
        batch.bytes += lengths[4];
    }

    static std::int64_t milliseconds(const char* text) { // 2026-01-31 12:34:56.123456
        const auto digits = [&](int at, int count) {
            int value = 0;
            for (int i = at; i < at + count; ++i) value = value * 10 + (text[i] - '0');
            return value;
        };
        const auto day = std::chrono::sys_days{std::chrono::year{digits(0, 4)} / digits(5, 2) / digits(8, 2)};
        return std::int64_t{day.time_since_epoch().count()} * 86'400'000 + digits(11, 2) * 3'600'000 +
               digits(14, 2) * 60'000 + digits(17, 2) * 1000 + digits(20, 3);
    }

    void acknowledged(const rd_kafka_message_t& message) {
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            std::cerr << "bare relay: " << rd_kafka_err2str(message.err) << std::endl;
            std::_Exit(1);
        }
        auto* batch = static_cast<Batch*>(message._private);
        if (--batch->open == 0) finish(std::ranges::find(inFlight_, batch, &std::unique_ptr<Batch>::get));
    }

    void finish(const std::deque<std::unique_ptr<Batch>>::iterator& batch) {
        if ((*batch)->open > 0) return;
        marker_.add(std::move(*batch));
        inFlight_.erase(batch);
    }

    void takeMarked() {
        for (const auto& batch : marker_.done()) {
            auto& known = lanes_[static_cast<std::size_t>(batch->lane)].known;
            std::erase_if(known, [&](auto id) { return std::ranges::binary_search(batch->ids, id); });
            rows_ -= batch->ids.size();
            bytes_ -= batch->bytes;
        }
    }

    const Options& options_;
    BareConnection database_;
    rd_kafka_t* producer_ = nullptr;
    rd_kafka_topic_t* topic_ = nullptr;
    std::array<Lane, kLanes> lanes_;
    std::deque<std::unique_ptr<Batch>> inFlight_;
    std::size_t rows_ = 0, bytes_ = 0;
    int first_ = 0;
    Marker marker_;
};

} // namespace
} // namespace outboxd::bench

int main(int argc, char** argv) {
    using namespace outboxd::bench;
    CLI::App app{"The bare relay of `./dev bench relay`."};
    Options options;
    options.database.addTo(app);
    app.add_option("--brokers", options.brokers)->required();
    app.add_option("--prefix", options.prefix, "of the topic")->required();
    app.add_option("--batch", options.batch, "rows of one read");
    app.add_option("--max-rows", options.maxRows, "in flight");
    app.add_option("--max-bytes", options.maxBytes, "in flight");
    app.add_option("--in-flight", options.inFlight, "requests of the producer");
    app.add_option("--linger-ms", options.lingerMs);
    app.add_option("--spacing-us", options.spacingUs, "between two looks at the queue");
    app.add_option("--range", options.range, "marks by a range of ids where that is exact");
    CLI11_PARSE(app, argc, argv);
    try {
        Relay relay(options);
        std::cout << "ready" << std::endl;
        relay.run();
    } catch (const std::exception& error) {
        std::cerr << "bare relay: " << error.what() << '\n';
        return 1;
    }
}
