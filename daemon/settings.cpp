#include "daemon/settings.hpp"

namespace outboxd::daemon {
namespace {

using config::choice;
using config::choices;
using config::duration;
using config::flag;
using config::integer;
using config::kibibytes;
using config::mebibytes;
using config::path;
using config::secretFile;
using config::size;
using config::text;
using enum config::Reload;

const config::Choices<Role> kRoles{
    {"api", Role::api}, {"relay", Role::relay}, {"jobs", Role::jobs}, {"consumers", Role::consumers}};
using scheduler::relay::OnFailure;
const config::Choices<OnFailure> kOnFailure{
    {"park", OnFailure::park}, {"block", OnFailure::block}, {"skip", OnFailure::skip}};
const config::Choices<core::LogLevel> kLevels{{"debug", core::LogLevel::debug},
                                              {"info", core::LogLevel::info},
                                              {"warning", core::LogLevel::warning},
                                              {"error", core::LogLevel::error}};
const config::Choices<log::FormChoice> kForms{
    {"auto", log::FormChoice::automatic}, {"json", log::FormChoice::json}, {"text", log::FormChoice::text}};

void describeDatabase(config::Schema& schema, Settings::Database& database) {
    schema.section("database", "MariaDB or MySQL, where everything is kept.");
    schema.add("host", text(database.host, 1, 253), restart,
               "Host of the server; not used when `database.socket` is set.");
    schema.add("port", integer(database.port, 1, 65535), restart, "TCP port of the server.");
    schema.add("socket", path(database.socket), restart,
               "Unix socket of a server on this machine; empty uses TCP.");
    schema.add("name", config::name(database.name, 1, 64), restart, "Schema that holds outboxd's tables.");
    schema.add("user", text(database.user, 1, 80), restart, "User that outboxd logs in as.");
    schema.add("password_file", secretFile(database.passwordFile), restart,
               "File with the user's password; empty logs in without one.");
    schema.refuse("password",
                  "write it to a file that only outboxd may read and name that in database.password_file");
    schema.add(
        "pool_size", integer(database.poolSize, 2, 512, "connections"), restart,
        "Most connections at once; more help only as far as the server has processors and disks for them.");
    schema.add("max_waiting", integer(database.maxWaiting, 0, 10'000, "requests"), restart,
               "Requests that may wait for a connection; the next one is answered 503 at once.");
    schema.add("acquire_timeout", duration(database.acquireTimeout, 1ms, 30s), restart,
               "Longest wait for a connection before the request is answered 503.");
    schema.add("connect_timeout", duration(database.connectTimeout, 100ms, 1min), restart,
               "Longest wait for a new connection to be accepted.");
    schema.add("statement_timeout", duration(database.statementTimeout, 100ms, 10min), restart,
               "Longest time one statement may take before it is ended and its connection given up.");
    schema.add("start_timeout", duration(database.startTimeout, 0ms, 1h), restart,
               "How long the start is retried while the server cannot be reached; 0ms fails at once.");
}

void describeRedis(config::Schema& schema, Settings::Redis& redis) {
    schema.section("redis", "Redis, which makes things faster; without it nothing is lost.");
    schema.add("enabled", flag(redis.enabled), restart, "Off, everything works from the database alone.");
    schema.add("host", text(redis.host, 1, 253), restart, "Host of the server.");
    schema.add("port", integer(redis.port, 1, 65535), restart, "TCP port of the server.");
    schema.add("timeout", duration(redis.timeout, 1ms, 10s), restart,
               "Longest wait for a connection or an answer before the database is used instead.");
}

void describeRelay(config::Schema& schema, Settings::Relay& relay) {
    schema.section("relay", "The relay, which moves committed events from the outbox to Kafka.");
    schema.add("poll_interval", duration(relay.pollInterval, 1ms, 10s), restart,
               "How often the outbox is looked at when nothing rings; the longest delay of events that other "
               "services insert.");
    schema.add("batch_size", integer(relay.batchSize, 1, 20'000, "rows"), restart,
               "Rows read at once for each lane; small batches cost throughput.");
    schema.add("max_in_flight_rows", integer(relay.maxInFlightRows, 1, 1'000'000, "rows"), restart,
               "Events sent and not yet acknowledged, on this node; reading pauses above.");
    schema.add("max_in_flight_bytes", size(relay.maxInFlightBytes, mebibytes(1), mebibytes(4096)), restart,
               "The same in bytes; bounds the memory of the relay.");
    schema.add(
        "max_event_bytes", size(relay.maxEventBytes, kibibytes(1), mebibytes(64)), restart,
        "Events whose key and payload are larger are not sent but handled as `relay.on_failure` says; a topic's own "
        "`max.message.bytes`, 1 MiB with all headers unless told otherwise, counts besides.");
    schema.add("lease", duration(relay.lease, 2s, 5min), restart,
               "How long a lane stays with a node that went silent: the time until another takes over.");
    schema.add("renew_every", duration(relay.renewEvery, 200ms, 1min), restart,
               "How often a lane's lease is renewed; must be less than half of `relay.lease`.");
    schema.add(
        "on_failure", choice(relay.onFailure, kOnFailure), restart,
        "What happens after an event that Kafka will never take: park holds back the later events of its "
        "order key, block stops its whole lane until an operator redrives or discards it, skip lets the later "
        "events go on and so gives up the key's order.");
    schema.add(
        "doorbell", flag(relay.doorbell), restart,
        "Whether nodes that commit events wake the relays of other nodes through Redis; off, these find "
        "them by polling.");
    schema.add(
        "single_lock", text(relay.singleLock, 0, 64), restart,
        "Not empty: lanes are relayed only under the ShedLock lock of this name, by one node; the same on "
        "all nodes. It keeps a Java relay under that lock from running beside this one during a migration.");
}

void describeOutbox(config::Schema& schema, Settings::Outbox& outbox) {
    schema.section("outbox", "The table of events.");
    schema.add("retention", integer(outbox.retention, 0, 36'500, "days"), restart,
               "Sent events that are older are removed, in small batches; 0 keeps them for ever.");
}

} // namespace

config::Schema describe(Settings& settings) {
    config::Schema schema;
    schema.section("", "What this node does.");
    schema.add(
        "roles", choices(settings.roles, kRoles), restart,
        "api serves requests, relay moves events to Kafka, jobs runs the schedule, consumers listens to the "
        "shop's own events; leave out what other nodes do.");
    schema.add(
        "migrate_on_start", flag(settings.migrateOnStart), restart,
        "Whether `serve` brings the database up to date by itself; else it refuses to start until `outboxd "
        "migrate` was run.");

    schema.section("node", "This node among the others.");
    schema.add("name", config::name(settings.node.name, 0, 64), restart,
               "Name in logs, leases and job history, different on each node; empty takes the host's name.");

    describeDatabase(schema, settings.database);
    describeRedis(schema, settings.redis);
    describeKafka(schema, settings.kafka);
    describeRelay(schema, settings.relay);
    describeOutbox(schema, settings.outbox);
    describeEdges(schema, settings);

    describeShop(schema, settings);

    schema.section("consumers", "The listeners to the shop's own events, such as the ranking of products.");
    schema.add(
        "group_prefix", config::name(settings.consumers.groupPrefix, 0, 100), restart,
        "A listener's consumer group is this and its name; a new name begins with the oldest record, which "
        "counts nothing twice.");
    schema.add("retry_attempts", integer(settings.consumers.retryAttempts, 1, 1000), restart,
               "How often the job dead-letter-retry tries an event again that a listener could not work off; "
               "then it waits for a person.");
    schema.add(
        "retry_first", duration(settings.consumers.retryFirst, 100ms, 1h), restart,
        "How long after it was written a dead letter is tried again; doubled for each further try, and "
        "shortened by up to a half, so that letters of one moment do not come back at one moment.");
    schema.add("retry_longest", duration(settings.consumers.retryLongest, 1s, 168h), restart,
               "The longest time between two tries of a dead letter.");
    schema.add(
        "retention", integer(settings.consumers.retention, 0, 3650, "days"), restart,
        "It is remembered for so long that an event had its effect, and longer if a topic may give it again; 0 "
        "for ever.");
    describeListeners(schema, settings.listeners);

    describeJobs(schema, settings.jobs);

    schema.section("log", "The log, on standard error.");
    schema.add("level", choice(settings.log.level, kLevels), live,
               "The least important lines that are written.");
    schema.add("format", choice(settings.log.format, kForms), restart,
               "auto is text on a terminal and JSON everywhere else.");

    schema.section("shutdown", "Stopping.");
    schema.add(
        "timeout", duration(settings.shutdown.timeout, 1s, 10min), live,
        "How long running work may take to finish after SIGTERM; the unit's TimeoutStopSec must be longer.");
    return schema;
}

} // namespace outboxd::daemon
