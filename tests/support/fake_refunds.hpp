// Refunds and the gateway's callbacks in memory; parts of FakeShop's transactions.
#pragma once

#include "commerce/refund_ports.hpp"
#include "tests/support/fake_payments.hpp"

#include <set>

namespace outboxd::testing {

using RefundRows = std::map<commerce::RefundId, commerce::Refund>;

class FakeRefunds final : public commerce::Refunds {
public:
    using Refund = commerce::Refund;
    using RefundId = commerce::RefundId;
    using RefundState = commerce::RefundState;
    FakeRefunds(RefundRows& rows, const PaymentRows& payments, std::int64_t& lastId)
        : rows_(rows), payments_(payments), lastId_(lastId) {}

    RefundId add(const Refund& refund) override {
        const RefundId id{++lastId_};
        rows_[id] = refund;
        rows_[id].id = id;
        rows_[id].user = payments_.at(refund.payment).user;
        rows_[id].paymentKey = payments_.at(refund.payment).gatewayKey;
        return id;
    }
    std::optional<Refund> find(RefundId id) override {
        const auto found = rows_.find(id);
        return found == rows_.end() ? std::nullopt : std::optional{found->second};
    }
    std::optional<RefundId> byGatewayKey(const std::string& key) override {
        for (const auto& [id, refund] : rows_) {
            if (refund.gatewayKey == key) return id;
        }
        return std::nullopt;
    }
    std::optional<Refund> lock(RefundId id) override { return find(id); }
    bool move(RefundId id, RefundState from, RefundState to, const std::optional<std::string>& failure,
              std::optional<core::Timestamp> nextAttemptAt) override {
        const auto found = rows_.find(id);
        if (found == rows_.end() || found->second.state != from) return false;
        found->second.state = to;
        found->second.failure = failure;
        found->second.nextAttemptAt = nextAttemptAt;
        return true;
    }
    void attemptAgain(RefundId id, core::Timestamp at) override {
        ++rows_.at(id).attempts;
        rows_.at(id).nextAttemptAt = at;
    }
    std::vector<RefundId> due(core::Timestamp now, int limit) override {
        const auto waits = [](const Refund& refund) {
            return refund.state == RefundState::pending || refund.state == RefundState::unknown;
        };
        return dueOf(rows_, now, limit, waits, [](const Refund& refund) { return refund.nextAttemptAt; });
    }
    std::vector<commerce::Pieces> returned(commerce::PaymentId payment) override {
        std::map<commerce::ProductId, std::int64_t> quantities;
        for (const auto& [id, refund] : rows_) {
            if (refund.payment != payment || refund.state == RefundState::failed) continue;
            for (const auto& [product, quantity] : refund.lines) quantities[product] += quantity;
        }
        std::vector<commerce::Pieces> pieces;
        for (const auto& [product, quantity] : quantities) pieces.push_back({product, quantity});
        return pieces;
    }
    bool owed(commerce::PaymentId payment) override {
        return std::any_of(rows_.begin(), rows_.end(), [&](const auto& row) {
            return row.second.payment == payment && row.second.origin == commerce::RefundOrigin::compensation;
        });
    }
    core::Money succeeded(commerce::PaymentId payment) override {
        core::Money sum;
        for (const auto& [id, refund] : rows_) {
            if (refund.payment == payment && refund.state == RefundState::succeeded)
                sum = sum.plus(refund.amount).value();
        }
        return sum;
    }

private:
    RefundRows& rows_;
    const PaymentRows& payments_;
    std::int64_t& lastId_;
};

class FakeGatewayCallbacks final : public commerce::GatewayCallbacks {
public:
    explicit FakeGatewayCallbacks(std::set<std::string>& rows) : rows_(rows) {}
    bool add(const std::string& id, const std::string&, const std::string&) override {
        return rows_.insert(id).second;
    }

private:
    std::set<std::string>& rows_;
};

} // namespace outboxd::testing
