// What operators see of the outbox tables, and their orders as rows of outbox_command and audit_log.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/desk.hpp"

#include <functional>

namespace outboxd::scheduler::mysql {

// The topic that an event goes to, by its aggregate type and its type.
using TopicOf = std::function<std::string(const std::string& aggregateType, const std::string& type)>;

class MysqlOutboxDesk final : public OutboxDesk {
public:
    MysqlOutboxDesk(database::Database& database, TopicOf topicOf)
        : database_(database), topicOf_(std::move(topicOf)) {}

    OutboxFigures figures() override;
    DeskList<BlockedKey> blocked(const HeldFilter& filter, const DeskPage& page) override;
    std::optional<EventView> event(std::int64_t id) override;
    std::vector<NodeView> nodes() override;
    std::vector<LeaseView> leases() override;
    DeskList<AuditEntry> audit(const std::optional<std::string>& action, const DeskPage& page) override;

    OrderAnswer redrive(const Redrive& order) override;
    OrderAnswer discard(const Discard& order) override;
    OrderAnswer republish(const Republish& order) override;
    std::optional<OrderProgress> order(std::int64_t id) override;

private:
    database::Database& database_;
    const TopicOf topicOf_;
};

// ---- shared by the desks ----

// The line of an order in audit_log; returns its id.
std::int64_t addAudit(database::Session& session, const OrderTerms& terms, const std::string& action,
                      const std::string& subject, const std::string& detail);
// What was asked for beside the subject, as JSON; `more`: further members, each with a comma in front.
std::string detailOf(const OrderTerms& terms, const std::string& more = {});
std::string jsonText(const std::string& text);
// What waits, by topic.
std::vector<KindFigures> pendingKinds(database::Session& session, const TopicOf& topicOf, bool& complete);

} // namespace outboxd::scheduler::mysql
