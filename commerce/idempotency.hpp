// A request that moves money or stock happens once, however often its client sends it.
//
// Follows draft-ietf-httpapi-idempotency-key-header-07: the answer is stored in the transaction of the change
// itself, so there is no moment in which one is kept without the other. What is refused or fails is rolled
// back and not stored; the client may repeat it with the same key.
#pragma once

#include "commerce/unit_of_work.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <variant>

namespace outboxd::commerce {

inline constexpr std::size_t kLongestIdempotencyScope = 128;
inline constexpr std::size_t kLongestIdempotencyKey = 255;

struct IdempotencyRequest {
    std::string
        scope;       // who asks: keys of different clients are different; 1 to kLongestIdempotencyScope bytes
    std::string key; // as the client chose it, 1 to kLongestIdempotencyKey bytes
    RequestHash hash{}; // SHA-256 of what makes two requests the same: method, path, body
};

// The answer as the client will see it, now and when it asks again.
struct Reply {
    int status = 200;
    std::string body;
    bool keep = true; // false for refusals: roll back and store nothing
};

struct Fresh {
    Reply reply;
};
struct Replayed { // say `Idempotent-Replayed: true`
    Reply reply;
};
// What was begun goes on outside transactions: the answer is the state of `what`, whenever it is asked for.
struct Pending {
    Underway what;
    bool replayed = true; // false: this request began it and goes on with it
};
struct InProgress { // 409: the same key is being worked on
    std::chrono::seconds retryAfter{1};
};
struct KeyReused {}; // 422: the key was used for another request

using IdempotentOutcome = std::variant<Fresh, Replayed, Pending, InProgress, KeyReused>;

// What a request that finds this record unexpired is answered.
IdempotentOutcome answerFrom(const IdempotencyRecord& record, const RequestHash& hash);

// Whether this request was tried before, and how that ended.
enum class Earlier { none, outcome_unknown };

// Thread-safe if the unit of work is.
class IdempotentRunner {
public:
    // `keptFor`: how long an answer can be replayed; afterwards the key may be used again.
    IdempotentRunner(UnitOfWork& unitOfWork, std::chrono::seconds keptFor = std::chrono::hours{24})
        : unitOfWork_(unitOfWork), keptFor_(keptFor) {}

    // Runs `work` in a transaction that holds the key, unless the key has its answer already. `work` may run
    // more than once, each time after everything was rolled back. After a connection lost during COMMIT it
    // looks the key up again: a stored answer is this request's own; none means that nothing happened, and it
    // is tried again, a bounded number of times. `earlier`: how a try elsewhere ended. Throws what UnitOfWork::run
    // and `work` throw.
    //
    // Work that needs the outside returns what it began instead of a reply: that is committed, and the key answers
    // with its state for ever. After a commit whose answer was lost, what the key names may be a twin's: going
    // on with it must be harmless.
    using Work = std::function<std::variant<Reply, Underway>(Transaction&)>;
    IdempotentOutcome run(const IdempotencyRequest& request, const Work& work,
                          Earlier earlier = Earlier::none);

private:
    UnitOfWork& unitOfWork_;
    std::chrono::seconds keptFor_;
};

} // namespace outboxd::commerce
