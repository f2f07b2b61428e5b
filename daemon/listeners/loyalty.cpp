#include "daemon/listeners/loyalty.hpp"

#include "platform/http/trace.hpp"

#include <algorithm>

namespace outboxd::daemon {
namespace {

using scheduler::Delivery;
using scheduler::Verdict;

// Of the request that led to the event. What a stranger wrote there is left out.
std::optional<std::string> traceparentOf(const Delivery& delivery) {
    const auto header =
        std::ranges::find(delivery.headers, "traceparent", &std::pair<std::string, std::string>::first);
    if (header == delivery.headers.end() || !http::isTraceparent(header->second)) return std::nullopt;
    return header->second.substr(0, 55); // later versions may have more
}

} // namespace

std::vector<Verdict> LoyaltyListener::handle(std::span<const Delivery> batch) {
    std::vector<commerce::LoyaltyEvent> events;
    std::vector<std::size_t> places; // of the events in the batch
    std::vector<Verdict> verdicts;
    for (const auto& delivery : batch) {
        auto read = commerce::readLoyalty(delivery.id, delivery.type, delivery.payload);
        auto* event = std::get_if<commerce::LoyaltyEvent>(&read);
        if (event && rate_.hundredths == 0 && std::holds_alternative<commerce::PaymentMade>(event->what))
            event = nullptr;
        if (event) {
            event->traceparent = traceparentOf(delivery);
            places.push_back(verdicts.size());
            events.push_back(std::move(*event));
            verdicts.push_back({Verdict::Kind::done, {}});
        } else if (auto* unreadable = std::get_if<commerce::Unreadable>(&read)) {
            verdicts.push_back({Verdict::Kind::refused, std::move(unreadable->reason)});
        } else {
            verdicts.push_back({Verdict::Kind::ignored, {}});
        }
    }
    if (events.empty()) return verdicts;
    auto refusals = ledger_.add(events);
    for (std::size_t i = 0; i < refusals.size(); ++i)
        if (refusals[i]) verdicts[places[i]] = {Verdict::Kind::refused, std::move(*refusals[i])};
    return verdicts;
}

} // namespace outboxd::daemon
