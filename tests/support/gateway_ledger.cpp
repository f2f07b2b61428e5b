#include "tests/support/gateway_ledger.hpp"

#include "api/json_writer.hpp"

namespace outboxd::testing {
namespace {

void write(api::JsonWriter& json, const std::map<std::string, LedgerEntry>& entries) {
    for (const auto& [key, entry] : entries) {
        json.begin().field("key", key).field("amount", entry.amount).field("status", entry.status);
        if (entry.charge()) {
            json.field("orderId", entry.order).field("refunded", entry.refunded);
        } else {
            json.field("chargeKey", entry.chargeKey);
        }
        json.field("asked", entry.asked).end();
    }
}

std::int64_t sum(const std::map<std::string, LedgerEntry>& entries) {
    std::int64_t total = 0;
    for (const auto& [key, entry] : entries)
        if (entry.status == "succeeded") total += entry.amount;
    return total;
}

} // namespace

std::optional<LedgerEntry> GatewayLedger::act(const LedgerEntry& wanted) {
    const std::lock_guard lock(mutex_);
    auto& entries = wanted.charge() ? charges_ : refunds_;
    const auto [at, fresh] = entries.try_emplace(wanted.key, wanted);
    auto& entry = at->second;
    if (!fresh &&
        (entry.amount != wanted.amount || entry.chargeKey != wanted.chargeKey || entry.order != wanted.order))
        return std::nullopt;
    ++entry.asked;
    if (!fresh || entry.charge() || entry.status == "declined") return entry;

    const auto charge = charges_.find(entry.chargeKey);
    if (charge == charges_.end() || charge->second.status != "succeeded") {
        entry.status = "declined";
        entry.reason = "there is no such charge";
    } else if (entry.amount > charge->second.amount - charge->second.refunded) {
        entry.status = "declined";
        entry.reason = "more than is left of the charge";
    } else {
        charge->second.refunded += entry.amount;
    }
    return entry;
}

std::optional<LedgerEntry> GatewayLedger::find(bool charge, const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto& entries = charge ? charges_ : refunds_;
    const auto at = entries.find(key);
    if (at == entries.end()) return std::nullopt;
    return at->second;
}

std::vector<LedgerEntry> GatewayLedger::settlePending(const std::string& status) {
    const std::lock_guard lock(mutex_);
    std::vector<LedgerEntry> settled;
    for (auto* const entries : {&charges_, &refunds_}) {
        for (auto& [key, entry] : *entries) {
            if (entry.status != "pending") continue;
            entry.status = status;
            if (!entry.charge() && status != "succeeded") charges_[entry.chargeKey].refunded -= entry.amount;
            settled.push_back(entry);
        }
    }
    return settled;
}

std::string GatewayLedger::json() const {
    const std::lock_guard lock(mutex_);
    api::JsonWriter json;
    json.begin().field("captured", sum(charges_)).field("refunded", sum(refunds_)).beginList("charges");
    write(json, charges_);
    json.endList().beginList("refunds");
    write(json, refunds_);
    json.endList().end();
    return json.text();
}

std::int64_t GatewayLedger::captured() const {
    const std::lock_guard lock(mutex_);
    return sum(charges_) - sum(refunds_);
}

std::size_t GatewayLedger::size() const {
    const std::lock_guard lock(mutex_);
    return charges_.size() + refunds_.size();
}

} // namespace outboxd::testing
