// The fake gateway's books: who paid what. Independent of the shop's, so that both can be compared.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace outboxd::testing {

struct LedgerEntry {
    std::string key;
    std::string chargeKey; // of a refund; empty: it is a charge
    std::int64_t amount = 0;
    std::int64_t order = 0; // of a charge
    std::string status;     // succeeded, declined, pending
    std::string reason;
    std::int64_t refunded = 0; // of a charge: what succeeded or pending refunds take
    int asked = 0;             // how often this was posted

    bool charge() const { return chargeKey.empty(); }
};

// Thread-safe.
class GatewayLedger {
public:
    // The entry of that key; a new one gets `status` unless it cannot be: a refund of more than there is, or of what
    // was never charged, is declined. Empty if the key is in use for something else.
    std::optional<LedgerEntry> act(const LedgerEntry& wanted);
    std::optional<LedgerEntry> find(bool charge, const std::string& key) const;
    // Gives every pending entry this status, and returns them.
    std::vector<LedgerEntry> settlePending(const std::string& status);

    // All entries, with the sums that an audit compares.
    std::string json() const;
    std::int64_t captured() const; // by charges that succeeded, less what was refunded
    std::size_t size() const;

private:
    mutable std::mutex mutex_;
    std::map<std::string, LedgerEntry> charges_, refunds_; // by key; guarded by mutex_
};

} // namespace outboxd::testing
