// Payments in memory; a part of FakeShop's transactions.
#pragma once

#include "commerce/ports.hpp"
#include "platform/core/error.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace outboxd::testing {

using PaymentRows = std::map<commerce::PaymentId, commerce::Payment>;

// The ids of the rows that wait for an answer until `now` at most, the longest waiting first.
template <class Rows, class Waits, class Until>
auto dueOf(const Rows& rows, core::Timestamp now, int limit, Waits waits, Until until) {
    std::vector<std::pair<core::Timestamp, typename Rows::key_type>> found;
    for (const auto& [id, row] : rows) {
        if (waits(row) && until(row) && *until(row) <= now) found.emplace_back(*until(row), id);
    }
    std::sort(found.begin(), found.end());
    std::vector<typename Rows::key_type> ids;
    for (const auto& [at, id] : found) {
        if (ids.size() < static_cast<std::size_t>(limit)) ids.push_back(id);
    }
    return ids;
}

class FakePayments final : public commerce::Payments {
public:
    using Payment = commerce::Payment;
    using PaymentId = commerce::PaymentId;
    using PaymentState = commerce::PaymentState;
    FakePayments(PaymentRows& rows, std::int64_t& lastId) : rows_(rows), lastId_(lastId) {}

    PaymentId add(const Payment& payment) override {
        for (const auto& [id, other] : rows_) {
            const bool live = payment.state != PaymentState::failed && other.state != PaymentState::failed;
            const bool sameKey = payment.gatewayKey && other.gatewayKey == payment.gatewayKey;
            if ((payment.order && other.order == payment.order && live) || sameKey)
                throw core::Error(core::ErrorKind::internal,
                                  "the order has a live payment, or the key is taken");
        }
        const PaymentId id{++lastId_};
        rows_[id] = payment;
        rows_[id].id = id;
        return id;
    }
    std::optional<Payment> find(PaymentId id) override {
        const auto found = rows_.find(id);
        return found == rows_.end() ? std::nullopt : std::optional{found->second};
    }
    std::optional<PaymentId> byGatewayKey(const std::string& key) override {
        for (const auto& [id, payment] : rows_) {
            if (payment.gatewayKey == key) return id;
        }
        return std::nullopt;
    }
    std::optional<Payment> lock(PaymentId id) override { return find(id); }
    bool move(PaymentId id, PaymentState from, PaymentState to, const std::optional<std::string>& reason,
              std::optional<core::Timestamp> nextInquiryAt) override {
        const auto found = rows_.find(id);
        if (found == rows_.end() || found->second.state != from) return false;
        found->second.state = to;
        found->second.reason = reason;
        found->second.nextInquiryAt = nextInquiryAt;
        return true;
    }
    void inquireAgain(PaymentId id, core::Timestamp at) override {
        ++rows_.at(id).inquiries;
        rows_.at(id).nextInquiryAt = at;
    }
    std::vector<PaymentId> due(core::Timestamp now, int limit) override {
        const auto waits = [](const Payment& payment) {
            return payment.state == PaymentState::pending || payment.state == PaymentState::unknown;
        };
        return dueOf(rows_, now, limit, waits, [](const Payment& payment) { return payment.nextInquiryAt; });
    }
    bool reserveRefund(PaymentId id, core::Money amount) override {
        auto& payment = rows_.at(id);
        if (payment.amount.minus(payment.refunded).value() < amount) return false;
        payment.refunded = payment.refunded.plus(amount).value();
        return true;
    }
    void takeBackReservation(PaymentId id, core::Money amount) override {
        auto& payment = rows_.at(id);
        payment.refunded = payment.refunded.minus(amount).value();
    }

private:
    PaymentRows& rows_;
    std::int64_t& lastId_;
};

} // namespace outboxd::testing
