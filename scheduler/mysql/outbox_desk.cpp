#include "scheduler/mysql/outbox_desk.hpp"

#include "scheduler/mysql/desk_page.hpp"
#include "sql/outbox_desk.hpp"
#include "sql/topic_desk.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace outboxd::scheduler::mysql {

namespace {

namespace sql = outboxd::sql::outbox_desk;
using database::Row;
using database::Session;

std::chrono::milliseconds fromMicroseconds(std::int64_t age) {
    return std::chrono::floor<std::chrono::milliseconds>(
        std::chrono::microseconds{std::max<std::int64_t>(age, 0)});
}

AuditEntry auditEntry(const Row& row) {
    return {row.integer(0), row.time(1),  row.bytes(2),  row.bytes(3),
            row.bytes(4),   row.bytes(5), row.integer(6)};
}

std::vector<LaneBacklog> lanesOf(Session& session, OutboxFigures& figures) {
    std::vector<LaneBacklog> lanes(kLanes);
    for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i].lane = static_cast<Lane>(i);
    for (const auto& row : session.query(sql::lanes)) {
        auto& lane = lanes.at(static_cast<std::size_t>(row.integer(0)));
        lane.pending = row.integer(1);
        figures.pending += lane.pending;
        if (const auto age = row.maybeInteger(2)) lane.oldest = fromMicroseconds(*age);
        if (lane.oldest) figures.oldest = std::max(figures.oldest.value_or(*lane.oldest), *lane.oldest);
    }
    for (const auto& row : session.query(sql::held_by_lane)) {
        figures.failed += row.integer(1);
        figures.parked += row.integer(2);
        figures.paused += row.integer(3);
        lanes.at(static_cast<std::size_t>(row.integer(0))).blockedKeys = row.integer(4);
    }
    for (const auto& row : session.query(sql::lane_owners)) {
        for (auto& lane : lanes) {
            if (laneLock(lane.lane) != row.bytes(0)) continue;
            lane.owner = row.bytes(1);
            lane.leaseUntil = row.time(2);
        }
    }
    for (const auto& row : session.query(sql::lane_crashes))
        lanes.at(static_cast<std::size_t>(row.integer(0))).crashes = row.integer(1);
    return lanes;
}

} // namespace

std::vector<KindFigures> pendingKinds(Session& session, const TopicOf& topicOf, bool& complete) {
    std::vector<KindFigures> kinds;
    std::int64_t counted = 0;
    for (const auto& row : session.query(sql::kinds, {kKindsCounted})) {
        KindFigures kind{{}, row.bytes(0), row.bytes(1), row.integer(2), fromMicroseconds(row.integer(3))};
        kind.topic = topicOf(kind.aggregateType, kind.type);
        counted += kind.pending;
        kinds.push_back(std::move(kind));
    }
    complete = counted < kKindsCounted;
    return kinds;
}

OutboxFigures MysqlOutboxDesk::figures() {
    auto session = database_.session();
    OutboxFigures figures;
    figures.lanes = lanesOf(*session, figures);
    figures.kinds = pendingKinds(*session, topicOf_, figures.kindsComplete);
    return figures;
}

DeskList<BlockedKey> MysqlOutboxDesk::blocked(const HeldFilter& filter, const DeskPage& page) {
    auto session = database_.session();
    const auto rows =
        session->query(sql::blocked, {page.after.value_or(0), filter.key, filter.key, filter.type,
                                      filter.type, filter.aggregateType, filter.aggregateType, filter.error,
                                      filter.error, filter.since, filter.since, page.limit + 1});
    const auto make = [&](const Row& row) {
        BlockedKey key{row.bytes(2), static_cast<Lane>(row.integer(1)), row.integer(0), row.bytes(3)};
        key.attempts = row.integer(4);
        key.error = row.maybeBytes(5).value_or("");
        key.since = row.time(6);
        key.aggregateType = row.maybeBytes(7).value_or("");
        key.type = row.maybeBytes(8).value_or("");
        key.behind = session->query(sql::behind, {key.lane, key.key, key.head}).front().integer(0);
        return key;
    };
    return pageOf<BlockedKey>(rows, page, make, &BlockedKey::head);
}

std::optional<EventView> MysqlOutboxDesk::event(std::int64_t id) {
    const auto rows = database_.session()->query(sql::event, {id});
    if (rows.empty()) return std::nullopt;
    const auto& row = rows.front();
    EventView event;
    event.id = row.integer(0);
    event.eventId = core::EventId::fromBinary(row.bytes(1)).value_or(core::EventId{}).text();
    event.aggregateType = row.bytes(2);
    event.aggregateId = row.bytes(3);
    event.key = row.bytes(4);
    event.type = row.bytes(5);
    event.topic = topicOf_(event.aggregateType, event.type);
    event.lane = static_cast<Lane>(row.integer(6));
    event.state = row.bytes(7);
    event.createdAt = row.time(8);
    event.payloadBytes = row.maybeInteger(9);
    event.headers = row.maybeBytes(10);
    event.attempts = row.integer(11);
    event.error = row.maybeBytes(12);
    event.heldSince = row.maybeTime(13);
    return event;
}

std::vector<NodeView> MysqlOutboxDesk::nodes() {
    auto session = database_.session();
    // Holders are host:pid:uuid, and nodes give their own name for the host.
    std::map<std::string, std::int64_t> lanes;
    for (const auto& row : session->query(sql::lane_owners))
        ++lanes[row.bytes(1).substr(0, row.bytes(1).find(':'))];
    std::vector<NodeView> nodes;
    for (const auto& row : session->query(sql::nodes)) {
        NodeView node{row.bytes(0), row.bytes(1), row.bytes(2), row.time(3), row.time(4)};
        node.alive = row.integer(5) != 0;
        node.relaying = row.integer(6) != 0;
        node.lanes = lanes[node.name];
        nodes.push_back(std::move(node));
    }
    return nodes;
}

std::vector<LeaseView> MysqlOutboxDesk::leases() {
    std::vector<LeaseView> leases;
    for (const auto& row : database_.session()->query(sql::leases))
        leases.push_back({row.bytes(0), row.bytes(1), row.time(2), row.time(3), row.integer(4) != 0});
    return leases;
}

DeskList<AuditEntry> MysqlOutboxDesk::audit(const std::optional<std::string>& action, const DeskPage& page) {
    const auto before = page.after.value_or(std::numeric_limits<std::int64_t>::max());
    const auto rows = database_.session()->query(sql::audit, {action, action, before, page.limit + 1});
    return pageOf<AuditEntry>(rows, page, auditEntry);
}

std::optional<OrderProgress> MysqlOutboxDesk::order(std::int64_t id) {
    auto session = database_.session();
    const auto entry = session->query(sql::audit_entry, {id});
    if (entry.empty()) return std::nullopt;
    OrderProgress progress{.order = auditEntry(entry.front())};
    // First the phase, then the commands: a phase that is over has left its commands behind.
    const auto change = session->query(outboxd::sql::topic_desk::change_of, {id});
    const auto steps = session->query(sql::progress, {id});
    progress.done = steps.front().integer(0);
    progress.pending = steps.front().integer(1);
    progress.affected = steps.front().integer(2);
    // Owners split long steps.
    progress.order.steps = std::max(progress.order.steps, progress.done + progress.pending);
    progress.nextAt = steps.front().maybeTime(3);
    if (!change.empty()) {
        progress.phase = change.front().bytes(0);
        progress.trouble = change.front().maybeBytes(1);
    }
    return progress;
}

} // namespace outboxd::scheduler::mysql
