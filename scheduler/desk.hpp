// What an operator sees of the outbox and orders of it: plain values, and the desks that answer.
//
// Nothing here touches queue or held rows: an order becomes rows of outbox_command and one of audit_log, in one
// transaction, and the owners of the lanes execute them (lane_control.hpp).
#pragma once

#include "scheduler/desk_orders.hpp"
#include "scheduler/lane.hpp"

namespace outboxd::scheduler {

// `after`: the `next` of the page before.
struct DeskPage {
    int limit = 20;
    std::optional<std::int64_t> after = {};
};
template <class Item> struct DeskList {
    std::vector<Item> items = {};
    std::optional<std::int64_t> next = {}; // empty: the last page
};

// ---- what there is ----
struct LaneBacklog {
    Lane lane = 0;
    std::int64_t pending = 0;
    std::optional<std::chrono::milliseconds> oldest = {}; // age of the first pending event
    std::int64_t blockedKeys = 0;
    std::string owner = {}; // empty: nobody holds the lane now
    std::optional<core::Timestamp> leaseUntil = {};
    std::int64_t crashes = 0; // owners in a row that died without getting on
};
struct KindFigures {
    std::string topic = {}, aggregateType = {}, type = {};
    std::int64_t pending = 0;
    std::chrono::milliseconds oldest{0};
};
struct OutboxFigures {
    std::int64_t pending = 0, failed = 0, parked = 0, paused = 0;
    std::optional<std::chrono::milliseconds> oldest = {};
    std::vector<LaneBacklog> lanes = {};
    std::vector<KindFigures> kinds = {}; // the most pending first
    bool kindsComplete = true;           // false: only the first kKindsCounted events were looked at
};
inline constexpr std::int64_t kKindsCounted = 20'000;

// A key that is held back, by its first held event, the head.
struct BlockedKey {
    std::string key = {};
    Lane lane = 0;
    std::int64_t head = 0;
    std::string state = {}, aggregateType = {}, type = {};
    std::string error = {}; // empty: none
    std::int64_t attempts = 0;
    core::Timestamp since{};
    std::int64_t behind = 0; // held events after the head
};

struct EventView {
    std::int64_t id = 0;
    std::string eventId = {}, aggregateType = {}, aggregateId = {}, key = {}, type = {}, topic = {};
    Lane lane = 0;
    std::string state = {}; // PENDING, FAILED, PARKED, PAUSED, SENT
    core::Timestamp createdAt{};
    std::optional<std::int64_t> payloadBytes = {}; // empty: a tombstone
    std::optional<std::string> headers = {};
    std::int64_t attempts = 0;
    std::optional<std::string> error = {};
    std::optional<core::Timestamp> heldSince = {};
};

struct NodeView {
    std::string name = {}, roles = {}, version = {};
    core::Timestamp startedAt{}, heartbeat{};
    bool alive = false, relaying = false;
    std::int64_t lanes = 0;
};
struct LeaseView {
    std::string name = {}, holder = {};
    core::Timestamp lockedAt{}, lockUntil{};
    bool valid = false;
};
struct AuditEntry {
    std::int64_t id = 0;
    core::Timestamp at{};
    std::string actor = {}, action = {}, subject = {}, detail = {}; // detail: JSON
    std::int64_t steps = 0;
};

struct OrderProgress {
    AuditEntry order = {};
    std::int64_t done = 0, pending = 0, affected = 0;
    std::optional<core::Timestamp> nextAt = {}; // when the next step is due
    std::string phase = {};                     // of a change of a topic; DONE and FAILED are final
    std::optional<std::string> trouble = {};
    bool finished() const { return pending == 0 && (phase.empty() || phase == "DONE" || phase == "FAILED"); }
};

// Thread-safe. Throws core::Error when the database cannot answer.
class OutboxDesk {
public:
    virtual ~OutboxDesk() = default;
    virtual OutboxFigures figures() = 0;
    virtual DeskList<BlockedKey> blocked(const HeldFilter& filter, const DeskPage& page) = 0;
    virtual std::optional<EventView> event(std::int64_t id) = 0;
    virtual std::vector<NodeView> nodes() = 0;
    virtual std::vector<LeaseView> leases() = 0;
    virtual DeskList<AuditEntry> audit(const std::optional<std::string>& action,
                                       const DeskPage& page) = 0; // newest first

    virtual OrderAnswer redrive(const Redrive& order) = 0;
    virtual OrderAnswer discard(const Discard& order) = 0;
    virtual OrderAnswer republish(const Republish& order) = 0;
    virtual std::optional<OrderProgress> order(std::int64_t id) = 0;
};

} // namespace outboxd::scheduler
