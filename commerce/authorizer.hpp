// Takes in authorizations, many of them in one transaction when many come at once.
//
// An authorization locks nothing that another request could want, so requests that come at the same time can share a
// transaction and its flush to disk. Each keeps its own fate: a key that was used before is answered from its record, and
// whatever is not plain (an expired record, a key held by another transaction, a deadlock, a commit of unknown outcome)
// is taken up once more, each request in a transaction of its own through the IdempotentRunner. Exactly one effect
// per key: the record is written in the same transaction as the payment and its event, under the key's unique index.
#pragma once

#include "commerce/authorization_batch.hpp"
#include "commerce/combiner.hpp"
#include "commerce/payments.hpp"
#include "platform/core/error.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <span>

namespace outboxd::commerce {

// Thread-safe.
class Authorizer {
public:
    // The answer to the client for a payment that was taken in.
    using Render = std::function<Reply(const Payment&)>;

    // All must outlive it. `keptFor`: as in IdempotentRunner, and the same as `oneByOne` has.
    Authorizer(AuthorizationBatches& batches, IdempotentRunner& oneByOne, const core::Clock& clock,
               std::chrono::seconds keptFor = std::chrono::hours{24}, CombinerSettings combining = {});

    // Stores the payment, its event and `render`'s answer once for the request's key. `render` may run several times,
    // on another caller's thread. Throws core::Error: overloaded if its turn does not come in time, and what
    // UnitOfWork::run throws.
    IdempotentOutcome authorize(const IdempotencyRequest& request, const Valid<Authorize>& command,
                                const Render& render);

    std::size_t waiting() const { return combiner_.waiting(); } // requests that wait for their turn

private:
    struct Item {
        const IdempotencyRequest& request;
        const Valid<Authorize>& command;
        const Render& render;
        std::optional<IdempotentOutcome> outcome = {}; // empty: to be done alone
        std::optional<core::Error> failure = {};       // why not
    };
    using Items = std::span<Item* const>;
    class Round;

    void store(Items items) noexcept;

    AuthorizationBatches& batches_;
    IdempotentRunner& oneByOne_;
    const core::Clock& clock_;
    const std::chrono::seconds keptFor_;
    Combiner<Item> combiner_;
};

} // namespace outboxd::commerce
