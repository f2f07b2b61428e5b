// Payments, refunds and callbacks of the gateway, on one session.
#pragma once

#include "commerce/payment_ports.hpp"
#include "commerce/refund_ports.hpp"
#include "platform/core/clock.hpp"
#include "platform/database/session.hpp"

namespace outboxd::commerce::mysql {

class Payments final : public commerce::Payments {
public:
    Payments(database::Session& session, const core::Clock& clock) : session_(session), clock_(clock) {}
    PaymentId add(const Payment& payment) override;
    std::optional<Payment> find(PaymentId id) override;
    std::optional<PaymentId> byGatewayKey(const std::string& key) override;
    std::optional<Payment> lock(PaymentId id) override;
    bool move(PaymentId id, PaymentState from, PaymentState to, const std::optional<std::string>& reason,
              std::optional<core::Timestamp> nextInquiryAt) override;
    void inquireAgain(PaymentId id, core::Timestamp at) override;
    std::vector<PaymentId> due(core::Timestamp now, int limit) override;
    bool reserveRefund(PaymentId id, core::Money amount) override;
    void takeBackReservation(PaymentId id, core::Money amount) override;

private:
    database::Session& session_;
    const core::Clock& clock_;
};

class Refunds final : public commerce::Refunds {
public:
    explicit Refunds(database::Session& session) : session_(session) {}
    RefundId add(const Refund& refund) override;
    std::optional<Refund> find(RefundId id) override;
    std::optional<RefundId> byGatewayKey(const std::string& key) override;
    std::optional<Refund> lock(RefundId id) override;
    bool move(RefundId id, RefundState from, RefundState to, const std::optional<std::string>& failure,
              std::optional<core::Timestamp> nextAttemptAt) override;
    void attemptAgain(RefundId id, core::Timestamp at) override;
    std::vector<RefundId> due(core::Timestamp now, int limit) override;
    std::vector<Pieces> returned(PaymentId payment) override;
    bool owed(PaymentId payment) override;
    core::Money succeeded(PaymentId payment) override;

private:
    database::Session& session_;
};

class GatewayCallbacks final : public commerce::GatewayCallbacks {
public:
    explicit GatewayCallbacks(database::Session& session) : session_(session) {}
    bool add(const std::string& id, const std::string& key, const std::string& outcome) override;

private:
    database::Session& session_;
};

} // namespace outboxd::commerce::mysql
