#include "commerce/mysql/transaction.hpp"
#include "sql/outbox_write.hpp"

#include <algorithm>

namespace outboxd::commerce::mysql {
namespace {

// While such a statement runs, no other transaction can insert an event (InnoDB's AUTO-INC lock), so it is short.
constexpr std::size_t kEventsPerStatement = 100;

void appendHex(std::string& json, std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    json += '"';
    for (const char byte : bytes) {
        json += kDigits[static_cast<unsigned char>(byte) >> 4];
        json += kDigits[static_cast<unsigned char>(byte) & 15];
    }
    json += '"';
}

void appendHex(std::string& json, const std::optional<std::string>& bytes) {
    if (bytes) {
        appendHex(json, std::string_view{*bytes});
    } else {
        json += "null";
    }
}

void appendColumns(std::string& json, const OutboxEvent& event) {
    json += json.size() == 1 ? "[" : ",[";
    appendHex(json, event.id.binary());
    for (const std::string_view text :
         {std::string_view{event.aggregateType}, std::string_view{event.aggregateId},
          std::string_view{event.orderKey}, std::string_view{event.type}}) {
        json += ',';
        appendHex(json, text);
    }
    json += ',';
    appendHex(json, event.payload);
    json += ',';
    appendHex(json, event.headers);
    json += ']';
}

} // namespace

void Outbox::add(const OutboxEvent& event) {
    session_.execute(sql::outbox_write::insert_event,
                     {event.id, event.aggregateType, event.aggregateId, event.orderKey, event.type,
                      event.payload, event.headers});
    hasEvents_ = true;
}

void Outbox::addAll(const std::vector<OutboxEvent>& events) {
    for (std::size_t first = 0; first < events.size(); first += kEventsPerStatement) {
        const auto last = std::min(events.size(), first + kEventsPerStatement);
        std::string json = "[";
        for (auto i = first; i < last; ++i) appendColumns(json, events[i]);
        session_.execute(sql::outbox_write::insert_events, {json + "]"});
        hasEvents_ = true;
    }
}

} // namespace outboxd::commerce::mysql
