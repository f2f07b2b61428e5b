// Begins and ends transactions.
#pragma once

#include "commerce/ports.hpp"

#include <functional>
#include <optional>

namespace outboxd::commerce {

enum class Ending { commit, rollback };

// Thread-safe. The work runs on the caller's thread.
class UnitOfWork {
public:
    virtual ~UnitOfWork() = default;

    // Runs `work` in a transaction and ends it as `work` says; an exception from `work` rolls back. `work`
    // may run more than once (deadlock, write conflict): it must have no effect but through the transaction.
    // Throws core::Error: contention (tries used up), overloaded, unavailable, timeout; outcome_unknown: the
    // connection was lost while committing; look before doing it again.
    virtual void run(const std::function<Ending(Transaction&)>& work) = 0;
};

// For requests without an idempotency key: `work(transaction)` returns a result, of which `keep(result)` says
// whether it is kept (true) or rolled back. Otherwise see idempotency.hpp.
template <class Work, class Keep> auto transact(UnitOfWork& unitOfWork, Work&& work, Keep&& keep) {
    std::optional<decltype(work(std::declval<Transaction&>()))> result;
    unitOfWork.run([&](Transaction& transaction) {
        result.emplace(work(transaction));
        return keep(*result) ? Ending::commit : Ending::rollback;
    });
    return std::move(*result);
}

template <class Work> auto transact(UnitOfWork& unitOfWork, Work&& work) {
    return transact(unitOfWork, std::forward<Work>(work), [](const auto&) { return true; });
}

} // namespace outboxd::commerce
