#include "commerce/mysql/processed_events.hpp"

#include "sql/processed_events.hpp"

namespace outboxd::commerce::mysql {
namespace {

std::string jsonOf(const EventIds& ids) {
    std::string json = "[";
    for (const auto& id : ids) json += (json.size() > 1 ? ",\"" : "\"") + id.text() + "\"";
    return json + "]";
}

EventIds known(database::Session& session, const database::Statement& how, std::string_view handler,
               const EventIds& ids) {
    EventIds found;
    if (ids.empty()) return found;
    for (const auto& row : session.query(how, {jsonOf(ids), handler}))
        found.insert(core::EventId::fromBinary(row.bytes(0)).value());
    return found;
}

} // namespace

EventIds processed(database::Session& session, std::string_view handler, const EventIds& ids) {
    return known(session, sql::processed_events::known, handler, ids);
}

std::size_t onceEach(database::Database& database, std::string_view handler, const EventIds& ids,
                     const std::function<void(database::Session&, const EventIds& fresh)>& effects) {
    constexpr int attempts = 5;
    for (int attempt = 1;; ++attempt) {
        try {
            return database.transact([&](database::Session& session) -> std::size_t {
                // Waiting is for those who met somebody: hardly anybody does.
                const auto& how =
                    attempt == 1 ? sql::processed_events::known : sql::processed_events::known_for_certain;
                auto fresh = ids;
                for (const auto& id : known(session, how, handler, ids)) fresh.erase(id);
                if (fresh.empty()) return 0;
                session.execute(sql::processed_events::add, {handler, jsonOf(fresh)});
                effects(session, fresh);
                return fresh.size();
            });
        } catch (const database::DuplicateKey& error) {
            // Another member of the group, which had the partition before, added some of them meanwhile.
            if (attempt == attempts) throw core::Error(core::ErrorKind::contention, error.what());
        }
    }
}

} // namespace outboxd::commerce::mysql
