// The ports of one transaction on one session. Statements: sql/queries.
#pragma once

#include "commerce/mysql/carts.hpp"
#include "commerce/mysql/coupons.hpp"
#include "commerce/mysql/give_back_ports.hpp"
#include "commerce/mysql/payment_ports.hpp"
#include "commerce/mysql/products.hpp"
#include "commerce/ports.hpp"
#include "platform/database/session.hpp"

namespace outboxd::commerce::mysql {

class Users final : public commerce::Users {
public:
    explicit Users(database::Session& session) : session_(session) {}
    std::optional<UserId> add(const User& user) override;
    bool exists(UserId id) override;

private:
    database::Session& session_;
};

class Accounts final : public commerce::Accounts {
public:
    explicit Accounts(database::Session& session) : session_(session) {}
    std::optional<core::Money> change(UserId user, core::Money amount, core::Money most) override;
    std::optional<core::Money> balance(UserId user) override;
    void record(UserId user, const HistoryEntry& entry) override;

private:
    database::Session& session_;
};

class Orders final : public commerce::Orders {
public:
    explicit Orders(database::Session& session) : session_(session) {}
    OrderId add(const Order& order) override;
    std::optional<Order> lock(OrderId id) override;
    bool move(OrderId id, OrderState from, OrderState to,
              std::optional<core::Timestamp> completedAt) override;
    bool requestCancel(OrderId id) override;
    std::vector<OrderId> overdue(core::Timestamp now, int limit) override;
    std::optional<Order> lockIfFree(OrderId id) override;

private:
    database::Session& session_;
};

class Outbox final : public commerce::Outbox {
public:
    explicit Outbox(database::Session& session) : session_(session) {}
    void add(const OutboxEvent& event) override;
    void addAll(const std::vector<OutboxEvent>& events) override;
    bool hasEvents() const { return hasEvents_; }

private:
    database::Session& session_;
    bool hasEvents_ = false;
};

class IdempotencyKeys final : public commerce::IdempotencyKeys {
public:
    explicit IdempotencyKeys(database::Session& session) : session_(session) {}
    std::variant<KeyAbsent, KeyLocked, IdempotencyRecord> lock(const std::string& scope,
                                                               const std::string& key) override;
    bool add(const std::string& scope, const std::string& key, const RequestHash& hash,
             core::Timestamp expiresAt) override;
    void replace(const std::string& scope, const std::string& key, const RequestHash& hash,
                 core::Timestamp expiresAt) override;
    void complete(const std::string& scope, const std::string& key, int status,
                  const std::string& body) override;
    void leaveTo(const std::string& scope, const std::string& key, const Underway& underway) override;

private:
    database::Session& session_;
};

class Transaction final : public commerce::Transaction {
public:
    Transaction(database::Session& session, const core::Clock& clock)
        : clock_(clock), users_(session), accounts_(session), products_(session), carts_(session),
          orders_(session), payments_(session, clock), refunds_(session), gatewayCallbacks_(session),
          coupons_(session), claims_(session), userCoupons_(session), compensations_(session),
          outbox_(session), idempotencyKeys_(session) {}

    const core::Clock& clock() const override { return clock_; }
    Users& users() override { return users_; }
    Accounts& accounts() override { return accounts_; }
    Products& products() override { return products_; }
    Carts& carts() override { return carts_; }
    Orders& orders() override { return orders_; }
    Payments& payments() override { return payments_; }
    Coupons& coupons() override { return coupons_; }
    Claims& claims() override { return claims_; }
    UserCoupons& userCoupons() override { return userCoupons_; }
    Compensations& compensations() override { return compensations_; }
    Refunds& refunds() override { return refunds_; }
    GatewayCallbacks& gatewayCallbacks() override { return gatewayCallbacks_; }
    Outbox& outbox() override { return outbox_; }
    IdempotencyKeys& idempotencyKeys() override { return idempotencyKeys_; }
    bool hasEvents() const { return outbox_.hasEvents(); }

private:
    const core::Clock& clock_;
    Users users_;
    Accounts accounts_;
    Products products_;
    Carts carts_;
    Orders orders_;
    Payments payments_;
    Refunds refunds_;
    GatewayCallbacks gatewayCallbacks_;
    Coupons coupons_;
    Claims claims_;
    UserCoupons userCoupons_;
    Compensations compensations_;
    Outbox outbox_;
    IdempotencyKeys idempotencyKeys_;
};

} // namespace outboxd::commerce::mysql
