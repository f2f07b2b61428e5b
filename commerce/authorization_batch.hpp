// What taking in many authorizations at once needs of the place where the rows live: the writes of ports.hpp, each for
// all of a batch in one go. Tests: tests/integration/authorizer_test.cpp over the
// MySQL adapter, tests/unit/commerce_authorizer_test.cpp over the one in memory.
#pragma once

#include "commerce/idempotency.hpp"
#include "commerce/ports.hpp"

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace outboxd::commerce {

struct KeptAnswer {
    const IdempotencyRequest* request; // both live until the call returns
    const Reply* reply;
    core::Timestamp expiresAt;
};

// One transaction under way. Used by one thread. Every function may throw core::Error; all is then rolled back.
class AuthorizationBatch {
public:
    virtual ~AuthorizationBatch() = default;
    // Locks the records of the requests' keys and returns them, each at the place of its request; empty where there
    // is none. Keys differ. Never waits: throws core::Error(contention) if another transaction holds one.
    virtual std::vector<std::optional<IdempotencyRecord>>
    lockKeys(std::span<const IdempotencyRequest* const> requests) = 0;
    // The ids of the new payments, in their order.
    virtual std::vector<PaymentId> addPayments(std::span<const Payment> payments) = 0;
    virtual void addEvents(std::span<const OutboxEvent> events) = 0;
    // Finished idempotency records. May wait for a transaction that adds one of the keys. False if there is a record
    // of one now: the transaction must be rolled back.
    virtual bool addAnswers(std::span<const KeptAnswer> answers) = 0;
};

// Thread-safe. The work runs on the caller's thread.
class AuthorizationBatches {
public:
    virtual ~AuthorizationBatches() = default;
    // Runs `work` once in a transaction and ends it as `work` says; an exception from `work` rolls back. Throws
    // core::Error as UnitOfWork::run does.
    virtual void run(const std::function<Ending(AuthorizationBatch&)>& work) = 0;
};

} // namespace outboxd::commerce
