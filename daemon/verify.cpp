#include "daemon/verify.hpp"

#include "daemon/desk_part.hpp"
#include "daemon/sink_settings.hpp"
#include "platform/database/migrator.hpp"
#include "platform/kafka/consumer.hpp"
#include "platform/kafka/murmur2.hpp"
#include "platform/log/line_logger.hpp"
#include "scheduler/mysql/sent_events.hpp"
#include "sql/migrations.hpp"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <set>
#include <unistd.h>

namespace outboxd::daemon {

using namespace std::chrono_literals;

namespace {

using scheduler::Verdict;
using scheduler::Verification;
using scheduler::VerifiedRecord;

constexpr auto kAsk = 10s;              // for one question to the brokers
constexpr auto kPatience = 60s;         // without any record
constexpr auto kStatementLimit = 10min; // counting a large outbox
constexpr int kLookUp = 100;            // records, or waits for one, between two looks whether to go on

// Where the reading of each partition stands.
struct Reading {
    scheduler::TopicPartitionSpan span;
    bool done = false;
};

class Verifier {
public:
    Verifier(const Settings& settings, const TopicComparison& order, core::Logger& logger,
             const core::Clock& clock)
        : settings_(settings), order_(order), clock_(clock), session_(connection(settings)),
          client_(sinkSettings(settings).client), admin_(client_, logger, clock),
          consumer_(reader(client_), "", logger, clock) {}

    std::optional<Verdict> run() {
        requireSchema();
        const auto from = firstId();
        std::vector<scheduler::VerifiedTopic> topics;
        pins_ = scheduler::mysql::pinnedTopics(session_);
        for (const auto& topic : order_.topics) topics.push_back({topic, pins_[topic].repartitioned});
        const bool keysAreOrderKeys =
            std::ranges::all_of(settings_.kafka.routes, [](const auto& route) { return route.key.empty(); });
        Verification verification(std::move(topics), from, keysAreOrderKeys);
        readEvents(verification, from);
        // Only now: what was SENT above must lie before these ends.
        if (!readTopics(verification)) return std::nullopt;
        scheduler::mysql::readCommitted(
            session_, verification.unknown(),
            [&](std::int64_t id, std::uint32_t identity) { verification.found(id, identity); });
        return verification.verdict();
    }

private:
    static database::ConnectionSettings connection(const Settings& settings) {
        auto connection = connectionSettings(settings);
        connection.statementTimeout = kStatementLimit;
        return connection;
    }
    // What is fetched ahead is small: batches grow many times when they are decompressed.
    static kafka::ClientSettings reader(kafka::ClientSettings client) {
        client.properties.emplace("queued.max.messages.kbytes", "16384");
        client.properties.emplace("queued.min.messages", "5000");
        client.properties.emplace("fetch.message.max.bytes", "131072");
        return client;
    }

    void requireSchema() {
        if (database::Migrator(connection(settings_), sql::migrations).pending().empty()) return;
        throw core::Error(core::ErrorKind::misconfigured, "the database lacks migrations of this program",
                          "outboxd migrate --config FILE");
    }

    // What retention has removed cannot be compared, so the first event there is bounds it.
    std::int64_t firstId() {
        const auto bounds = scheduler::mysql::eventBounds(session_);
        if (bounds.highest == 0) return std::numeric_limits<std::int64_t>::max();
        auto first = order_.fromId;
        if (!order_.since.empty()) {
            const auto time = core::fromRfc3339(order_.since);
            if (!time)
                throw core::Error(core::ErrorKind::misconfigured, "--since " + order_.since + " is no time",
                                  "write it in UTC as in RFC 3339: 2026-11-21T09:00:00Z");
            first = scheduler::mysql::firstIdAt(session_, *time, bounds.lowest, bounds.highest);
        }
        return std::max(first, bounds.lowest);
    }

    std::optional<std::uint16_t> numberOf(const std::string& topic) const {
        const auto found = std::ranges::find(order_.topics, topic);
        if (found == order_.topics.end()) return std::nullopt;
        return static_cast<std::uint16_t>(found - order_.topics.begin());
    }

    void readEvents(Verification& verification, std::int64_t from) {
        const auto topicOf = daemon::topicOf(settings_);
        struct Kind {
            std::optional<std::uint16_t> topic;
            int partitions = 0;
        };
        std::map<std::pair<std::string, std::string>, Kind, std::less<>> kinds;
        verification.expect(static_cast<std::size_t>(scheduler::mysql::countEvents(session_, from)));
        scheduler::mysql::readSentEvents(session_, from, [&](const scheduler::mysql::SentEvent& sent) {
            const std::pair names{std::string{sent.aggregateType}, std::string{sent.type}};
            auto kind = kinds.find(names);
            if (kind == kinds.end()) {
                const auto topic = topicOf(names.first, names.second);
                kind = kinds.emplace(names, Kind{numberOf(topic), pins_[topic].partitions}).first;
            }
            if (!kind->second.topic) return;
            auto event = sent.event;
            event.topic = *kind->second.topic;
            if (kind->second.partitions > 0)
                event.partition =
                    static_cast<std::uint16_t>(kafka::partitionOf(event.orderKey, kind->second.partitions));
            verification.event(event);
        });
    }

    bool goOn() const { return !order_.goOn || order_.goOn(); }

    // False: it was to end.
    bool readTopics(Verification& verification) {
        std::map<std::pair<std::string, int>, Reading> readings;
        std::vector<kafka::Position> positions;
        std::size_t left = 0;
        for (const auto& topic : order_.topics) {
            const auto layout = admin_.layout(topic, kAsk);
            if (layout.partitions == 0)
                throw core::Error(core::ErrorKind::misconfigured, "the brokers do not know topic " + topic,
                                  "give the full names of topics; outboxctl topic list shows them");
            for (int partition = 0; partition < layout.partitions; ++partition) {
                const auto marks = consumer_.watermarks(topic, partition, kAsk);
                const auto first = firstOffset(topic, partition, marks);
                // What lies before is of no event that is looked at, unless the log itself begins there.
                Reading reading{{*numberOf(topic), static_cast<std::uint16_t>(partition),
                                 first > marks.low ? 0 : marks.low, marks.high},
                                first >= marks.high};
                verification.span(reading.span);
                if (!reading.done) {
                    positions.push_back({topic, partition, first});
                    ++left;
                }
                readings.emplace(std::pair{topic, partition}, reading);
            }
        }
        if (left == 0) return true;
        consumer_.assign(positions);
        auto heard = clock_.now();
        for (int records = 0; left > 0; ++records) {
            if (records % kLookUp == 0 && !goOn()) return false;
            const auto record = consumer_.poll(500ms);
            if (!record) {
                if (!goOn()) return false;
                left -= passed(readings);
                if (clock_.now() - heard > kPatience)
                    throw core::Error(core::ErrorKind::unavailable, "the brokers send no more records",
                                      "see whether the brokers of kafka.brokers run and can be reached");
                continue;
            }
            heard = clock_.now();
            auto& reading = readings.at({record->topic, record->partition});
            if (record->offset < reading.span.high) verification.record(read(*record, reading.span));
            if (record->offset + 1 >= reading.span.high && !std::exchange(reading.done, true)) --left;
        }
        return true;
    }

    std::int64_t firstOffset(const std::string& topic, int partition, const kafka::Watermarks& marks) {
        if (!order_.recordsSince) return marks.low;
        const auto first = consumer_.offsetAt(topic, partition, *order_.recordsSince, kAsk);
        return std::max(marks.low, first.value_or(marks.high));
    }

    // The last offsets before an end may hold no record, such as the end of a transaction.
    std::size_t passed(std::map<std::pair<std::string, int>, Reading>& readings) {
        std::size_t count = 0;
        try {
            for (const auto& end : consumer_.ends(kAsk)) {
                auto& reading = readings.at({end.topic, end.partition});
                if (end.next >= reading.span.high && !std::exchange(reading.done, true)) ++count;
            }
        } catch (const core::Error&) { // the patience of the caller bounds it
        }
        return count;
    }

    // Both profiles of docs/events.md.
    static VerifiedRecord read(const kafka::ConsumedRecord& from, const scheduler::TopicPartitionSpan& span) {
        VerifiedRecord record{
            .topic = span.topic, .partition = span.partition, .offset = from.offset, .key = from.key};
        std::optional<core::EventId> id;
        for (const auto& [name, value] : from.headers) {
            if (name == "outbox_seq") {
                std::int64_t sequence = 0;
                const auto [end, error] =
                    std::from_chars(value.data(), value.data() + value.size(), sequence);
                if (error == std::errc{} && end == value.data() + value.size()) record.sequence = sequence;
            } else if ((name == "id" || name == "ce_id") && !id) {
                id = core::EventId::fromText(value);
            }
        }
        if (!id) record.sequence = 0; // not written by a relay
        if (id) record.identity = scheduler::crc32(id->binary());
        if (from.value) record.payload = scheduler::crc32(*from.value);
        return record;
    }

    const Settings& settings_;
    const TopicComparison& order_;
    const core::Clock& clock_;
    database::Session session_;
    const kafka::ClientSettings client_;
    kafka::Admin admin_;
    kafka::Consumer consumer_;
    std::map<std::string, scheduler::mysql::PinnedTopic> pins_;
};

constexpr std::array<std::pair<const char*, std::int64_t Verdict::*>, 14> kFigures{{
    {"events", &Verdict::events},
    {"waiting", &Verdict::waiting},
    {"records", &Verdict::records},
    {"keys", &Verdict::keys},
    {"lost", &Verdict::lost},
    {"phantom", &Verdict::phantoms},
    {"inversions", &Verdict::inversions},
    {"wrongPartition", &Verdict::wrongPartitions},
    {"mismatches", &Verdict::mismatches},
    {"duplicates", &Verdict::duplicates},
    {"late", &Verdict::late},
    {"early", &Verdict::early},
    {"unjudged", &Verdict::unjudged},
    {"foreign", &Verdict::foreign},
}};

std::string asJson(const Verdict& verdict, std::int64_t order) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
    json.StartObject();
    json.Key("clean");
    json.Bool(verdict.clean());
    for (const auto& [name, figure] : kFigures) {
        json.Key(name);
        json.Int64(verdict.*figure);
    }
    json.Key("lostIds");
    json.StartArray();
    for (const auto id : verdict.lostIds) json.Int64(id);
    json.EndArray();
    json.Key("examples");
    json.StartArray();
    for (const auto& example : verdict.examples) json.String(example.c_str());
    json.EndArray();
    json.Key("orderId");
    if (order != 0) json.Int64(order);
    if (order == 0) json.Null();
    json.EndObject();
    return std::string{buffer.GetString()} + "\n";
}

std::string asText(const Verdict& verdict, std::int64_t order) {
    auto text = fmt::format("{} events, {} of them waiting or held; {} records of {} keys\n", verdict.events,
                            verdict.waiting, verdict.records, verdict.keys);
    text +=
        fmt::format("lost {}, phantom {}, inversions {}, wrong partition {}, mismatches {}\n", verdict.lost,
                    verdict.phantoms, verdict.inversions, verdict.wrongPartitions, verdict.mismatches);
    text += fmt::format("duplicates {}, late {}", verdict.duplicates, verdict.late);
    if (verdict.early > 0) text += fmt::format("; {} records of earlier events", verdict.early);
    if (verdict.unjudged > 0)
        text += fmt::format("; {} events may be in what their topics no longer have", verdict.unjudged);
    if (verdict.foreign > 0) text += fmt::format("; {} records of other writers", verdict.foreign);
    text += '\n';
    for (const auto& example : verdict.examples) text += "  " + example + "\n";
    for (std::size_t i = 0; i < std::min<std::size_t>(verdict.lostIds.size(), Verification::kExamples); ++i)
        text += fmt::format("  lost: event {}\n", verdict.lostIds[i]);
    if (order != 0)
        text +=
            fmt::format("order {}: lost events are sent once more; outboxctl orders show {}\n", order, order);
    else if (verdict.lost > 0)
        text += "  next step: the same with --republish-lost, or outboxctl outbox republish\n";
    return text;
}

// Returns the order; 0 if there is nothing to do.
std::int64_t republish(const Settings& settings, const core::Clock& clock, const Verdict& verdict) {
    if (verdict.lostIds.empty()) return 0;
    database::Pool pool(connectionSettings(settings), {.sessions = 1}, clock);
    database::Database database(pool, {});
    scheduler::mysql::MysqlOutboxDesk desk(database, topicOf(settings));
    scheduler::OrderTerms terms{.reason = "lost, says outboxd verify", .actor = "verify"};
    const auto answer = desk.republish({.ids = verdict.lostIds, .terms = std::move(terms)});
    const auto* taken = std::get_if<scheduler::OrderTaken>(&answer);
    return taken ? taken->order : 0;
}

} // namespace

std::optional<Verdict> compareTopics(const Settings& settings, const TopicComparison& comparison,
                                     core::Logger& logger, const core::Clock& clock) {
    return Verifier(settings, comparison, logger, clock).run();
}

ExitCode verify(const Configuration& configuration, const VerifyOrder& order, std::ostream& out) {
    const core::SystemClock clock;
    const auto& settings = configuration.settings();
    log::LineLogger logger{log::chooseTarget(STDERR_FILENO, settings.log.format, {}), nodeName(settings),
                           core::LogLevel::error, clock};
    if (std::set<std::string>(order.topics.begin(), order.topics.end()).size() != order.topics.size())
        throw core::Error(core::ErrorKind::misconfigured, "--topics names a topic twice");
    const auto verdict =
        compareTopics(settings, {.topics = order.topics, .fromId = order.fromId, .since = order.since},
                      logger, clock)
            .value();
    const auto ordered = order.republishLost ? republish(settings, clock, verdict) : 0;
    out << (order.json ? asJson(verdict, ordered) : asText(verdict, ordered)) << std::flush;
    if (!out) return ExitCode::no_output;
    return verdict.clean() ? ExitCode::ok : ExitCode::violations;
}

} // namespace outboxd::daemon
