#include "commerce/mysql/transaction.hpp"
#include "sql/outbox_write.hpp"

namespace outboxd::commerce::mysql {

void Outbox::add(const OutboxEvent& event) {
    session_.execute(sql::outbox_write::insert_event,
                     {event.id, event.aggregateType, event.aggregateId, event.orderKey, event.type,
                      event.payload, event.headers});
    hasEvents_ = true;
}

} // namespace outboxd::commerce::mysql
