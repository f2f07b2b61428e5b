#include "daemon/listeners/receivers.hpp"

#include "daemon/listeners/http_listener.hpp"

namespace outboxd::daemon {
namespace {

std::optional<ListenerEntry> receiver(const std::string& name,
                                      const std::set<std::string, std::less<>>& types,
                                      HttpListenerSettings ListenerSettings::*settings,
                                      const ListenerParts& parts) {
    const auto& mine = parts.settings.listeners.*settings;
    if (mine.url.empty()) return std::nullopt;
    auto listener = std::make_unique<HttpListener>(name, types, mine, parts);
    ListenerEntry entry;
    entry.topics = orderTopics(parts.settings, types);
    entry.reload = [to = listener.get(), settings](const Settings& fresh) {
        to->reload(fresh.listeners.*settings);
    };
    entry.trouble = [of = listener.get()] { return of->trouble(); };
    entry.listener = std::move(listener);
    return entry;
}

} // namespace

std::optional<ListenerEntry> notification(const ListenerParts& parts) {
    return receiver(
        "notification",
        {"PaymentCompleted", "PaymentFailed", "PaymentRefunded", "OrderCancelled", "OrderExpired"},
        &ListenerSettings::notification, parts);
}

std::optional<ListenerEntry> dataPlatform(const ListenerParts& parts) {
    return receiver("data-platform", {"PaymentCompleted", "PaymentRefunded"}, &ListenerSettings::dataPlatform,
                    parts);
}

} // namespace outboxd::daemon
