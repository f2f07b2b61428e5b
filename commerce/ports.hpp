// What the shop's rules need of the place where its rows live. Everything here happens inside one
// transaction: it is kept or dropped as a whole (unit_of_work.hpp). Contract suite:
// tests/contract/shop_contract_test.cpp, run over the in-memory shop and the MySQL adapter.
//
// Every function may throw core::Error; the transaction is then rolled back. Ids of new rows are chosen here.
#pragma once

#include "commerce/model.hpp"
#include "commerce/payment_ports.hpp"
#include "commerce/product_ports.hpp"
#include "platform/core/event_id.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace outboxd::commerce {

class Users {
public:
    virtual ~Users() = default;
    // Empty if the username is taken. Makes the point account too, with balance 0. `user.id` is ignored.
    virtual std::optional<UserId> add(const User& user) = 0;
    virtual bool exists(UserId id) = 0;
};

class Accounts {
public:
    virtual ~Accounts() = default;
    // Adds `amount` (signed) if the result stays within 0 and `most`, and returns it; locks the account until
    // the end of the transaction. Empty if it would not, or if there is no account.
    virtual std::optional<core::Money> change(UserId user, core::Money amount, core::Money most) = 0;
    // Empty if there is no account.
    virtual std::optional<core::Money> balance(UserId user) = 0;
    // `entry.id` is ignored.
    virtual void record(UserId user, const HistoryEntry& entry) = 0;
};

class Orders {
public:
    virtual ~Orders() = default;
    // With its lines. `order.id` is ignored.
    virtual OrderId add(const Order& order) = 0;
    // Locks the order until the end of the transaction. Empty if there is none.
    virtual std::optional<Order> lock(OrderId id) = 0;
    // Compare and set: false if the order is not in `from`, and then nothing changes.
    virtual bool move(OrderId id, OrderState from, OrderState to,
                      std::optional<core::Timestamp> completedAt) = 0;
    // Remembers that an order which is being paid is to be cancelled; false if it is not being paid.
    virtual bool requestCancel(OrderId id) = 0;
    // Waiting orders that could be paid until `now` or earlier, the oldest first, without lock.
    virtual std::vector<OrderId> overdue(core::Timestamp now, int limit) = 0;
    // Like lock(), but empty, too, if another transaction has it locked: never waits.
    virtual std::optional<Order> lockIfFree(OrderId id) = 0;
};

// docs/events.md says what each field means.
struct OutboxEvent {
    core::EventId id;
    std::string aggregateType;
    std::string aggregateId;
    std::string orderKey; // the caller holds a row lock on what it names, so that id order is commit order
    std::string type;
    std::optional<std::string> payload; // empty is a tombstone
    std::optional<std::string> headers; // a JSON object of strings
};

class Outbox {
public:
    virtual ~Outbox() = default;
    virtual void add(const OutboxEvent& event) = 0;
    // In their order, in few round trips.
    virtual void addAll(const std::vector<OutboxEvent>& events) {
        for (const auto& event : events) add(event);
    }
};

using RequestHash = std::array<std::uint8_t, 32>;

// What a gateway is asked for outside transactions.
using Underway = std::variant<PaymentId, RefundId>;

struct IdempotencyRecord {
    RequestHash hash{};
    bool done = false;                // false: an answer is still being made outside a transaction
    std::optional<Underway> underway; // of an unfinished one: its answer is the state of this
    int status = 0;
    std::string body;
    core::Timestamp expiresAt;
};
struct KeyAbsent {};
struct KeyLocked {};

// `scope` (1 to 128 bytes) separates clients; `key` has 1 to 255 bytes; both compare byte by byte.
class IdempotencyKeys {
public:
    virtual ~IdempotencyKeys() = default;
    // Locks the record and returns it; never waits: another transaction that holds it gives KeyLocked.
    virtual std::variant<KeyAbsent, KeyLocked, IdempotencyRecord> lock(const std::string& scope,
                                                                       const std::string& key) = 0;
    // A new unfinished record. May wait for another transaction that adds the same key. False if there is a
    // record now: the transaction must be rolled back.
    virtual bool add(const std::string& scope, const std::string& key, const RequestHash& hash,
                     core::Timestamp expiresAt) = 0;
    // Makes the locked record unfinished again, for another request.
    virtual void replace(const std::string& scope, const std::string& key, const RequestHash& hash,
                         core::Timestamp expiresAt) = 0;
    virtual void complete(const std::string& scope, const std::string& key, int status,
                          const std::string& body) = 0;
    // The locked record stays unfinished; from now on its answer is the state of `underway`.
    virtual void leaveTo(const std::string& scope, const std::string& key, const Underway& underway) = 0;
};

class Carts;            // cart_ports.hpp
class Claims;           // coupon_ports.hpp
class Coupons;          // coupon_ports.hpp
class Compensations;    // compensation_ports.hpp
class UserCoupons;      // coupon_ports.hpp
class GatewayCallbacks; // refund_ports.hpp
class Refunds;          // refund_ports.hpp

// One transaction under way. Used by one thread.
class Transaction {
public:
    virtual ~Transaction() = default;
    virtual const core::Clock& clock() const = 0;
    virtual Users& users() = 0;
    virtual Accounts& accounts() = 0;
    virtual Products& products() = 0;
    virtual Carts& carts() = 0;
    virtual Orders& orders() = 0;
    virtual Payments& payments() = 0;
    virtual Coupons& coupons() = 0;
    virtual Claims& claims() = 0;
    virtual UserCoupons& userCoupons() = 0;
    virtual Compensations& compensations() = 0;
    virtual Refunds& refunds() = 0;
    virtual GatewayCallbacks& gatewayCallbacks() = 0;
    virtual Outbox& outbox() = 0;
    virtual IdempotencyKeys& idempotencyKeys() = 0;
};

} // namespace outboxd::commerce
