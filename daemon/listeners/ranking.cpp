#include "daemon/listeners/ranking.hpp"

namespace outboxd::daemon {

using scheduler::Delivery;
using scheduler::Verdict;

std::vector<Verdict> RankingListener::handle(std::span<const Delivery> batch) {
    std::vector<commerce::Sale> sales;
    std::vector<Verdict> verdicts;
    for (const auto& delivery : batch) {
        auto read = commerce::readSale(delivery.id, delivery.type, delivery.payload);
        if (auto* sale = std::get_if<commerce::Sale>(&read)) {
            sales.push_back(std::move(*sale));
            verdicts.push_back({Verdict::Kind::done, {}});
        } else if (auto* unreadable = std::get_if<commerce::Unreadable>(&read)) {
            verdicts.push_back({Verdict::Kind::refused, std::move(unreadable->reason)});
        } else {
            verdicts.push_back({Verdict::Kind::ignored, {}});
        }
    }
    if (!sales.empty()) ledger_.add(sales);
    return verdicts;
}

} // namespace outboxd::daemon
