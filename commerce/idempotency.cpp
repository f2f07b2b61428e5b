#include "commerce/idempotency.hpp"

#include "platform/core/error.hpp"

namespace outboxd::commerce {
namespace {

constexpr int kRounds = 4;

// What one look at the key came to. Empty: another request took the key in the same moment, so look again.
using Look = std::optional<IdempotentOutcome>;

class Attempt {
public:
    Attempt(Transaction& transaction, const IdempotencyRequest& request, std::chrono::seconds keptFor)
        : transaction_(transaction), keys_(transaction.idempotencyKeys()), request_(request),
          now_(transaction.clock().today()), expiresAt_(now_ + keptFor) {}

    Look run(const IdempotentRunner::Work& work) {
        const auto found = keys_.lock(request_.scope, request_.key);
        if (std::holds_alternative<KeyLocked>(found)) return InProgress{};
        const auto* record = std::get_if<IdempotencyRecord>(&found);
        if (record && record->expiresAt > now_) return answerFrom(*record, request_.hash);
        // The key is this transaction's first write: whoever sends it meanwhile waits or is told so before
        // anything else is touched.
        if (record) {
            keys_.replace(request_.scope, request_.key, request_.hash, expiresAt_);
        } else if (!keys_.add(request_.scope, request_.key, request_.hash, expiresAt_)) {
            return std::nullopt;
        }
        auto result = work(transaction_);
        if (const auto* begun = std::get_if<Underway>(&result)) {
            keys_.leaveTo(request_.scope, request_.key, *begun);
            return Pending{*begun, false};
        }
        auto& reply = std::get<Reply>(result);
        if (reply.keep) keys_.complete(request_.scope, request_.key, reply.status, reply.body);
        return Fresh{std::move(reply)};
    }

private:
    Transaction& transaction_;
    IdempotencyKeys& keys_;
    const IdempotencyRequest& request_;
    const core::Timestamp now_;
    const core::Timestamp expiresAt_;
};

bool isKept(const Look& look) {
    if (!look) return false;
    if (const auto* pending = std::get_if<Pending>(&*look)) return !pending->replayed;
    const auto* fresh = std::get_if<Fresh>(&*look);
    return fresh && fresh->reply.keep;
}

} // namespace

IdempotentOutcome answerFrom(const IdempotencyRecord& record, const RequestHash& hash) {
    if (record.hash != hash) return KeyReused{};
    if (!record.done && record.underway) return Pending{*record.underway};
    if (!record.done) return InProgress{};
    return Replayed{{record.status, record.body, true}};
}

IdempotentOutcome IdempotentRunner::run(const IdempotencyRequest& request, const Work& work,
                                        Earlier earlier) {
    // A commit of ours may or may not have happened.
    bool unknown = earlier == Earlier::outcome_unknown;
    for (int round = 1;; ++round) {
        try {
            auto look = transact(
                unitOfWork_,
                [&](Transaction& transaction) { return Attempt(transaction, request, keptFor_).run(work); },
                isKept);
            if (look && unknown) {
                // Most likely our own answer, which its client has not seen yet.
                if (auto* replayed = std::get_if<Replayed>(&*look)) return Fresh{std::move(replayed->reply)};
                if (const auto* pending = std::get_if<Pending>(&*look)) return Pending{pending->what, false};
            }
            if (look) return std::move(*look);
            if (round == kRounds) return InProgress{};
        } catch (const core::Error& error) {
            if (error.kind() != core::ErrorKind::outcome_unknown || round == kRounds) throw;
            unknown = true;
        }
    }
}

} // namespace outboxd::commerce
