// Between HTTP and commerce's idempotent runner (draft-ietf-httpapi-idempotency-key-header-07).
#pragma once

#include "api/shop.hpp"
#include "platform/http/problem.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <variant>

namespace outboxd::api {

// The key that a field value names: a quoted string as the draft wants it ("8e03978e-40d5"), or, since many
// clients send it so, the bare characters. 1 to 255 visible ASCII characters; bare, without quotes, commas
// and semicolons. Empty if it is neither.
std::optional<std::string> parseIdempotencyKey(std::string_view value);

enum class KeyNeed { required, optional };

// What a change answers when it is done: `location` + "/" + the number of the member `idMember` of the body
// is its Location. Both empty: none.
struct Success {
    int status = 200;
    std::string_view location = {};
    std::string_view idMember = {};
};

// The request as the runners of commerce want it, or what is wrong with its Idempotency-Key.
std::variant<commerce::IdempotencyRequest, http::Problem> idempotencyRequest(const Call& call);

// What an outcome is answered. Not for a Fresh reply that is not kept: its problem is the caller's.
http::Response toResponse(const Call& call, const Success& success, commerce::IdempotentOutcome outcome);

// The body of the answer, or why not. May be called several times, each time in a new transaction.
using Change = std::function<std::variant<std::string, http::Problem>(commerce::Transaction&)>;

// Runs `change` once per Idempotency-Key of the client, or, where no key is needed nor given, once. A refusal
// rolls back. The same key and the same method, path and body get the same answer again, marked
// `Idempotent-Replayed`.
http::Response runOnce(const Shop& shop, const Call& call, KeyNeed need, const Success& success,
                       const Change& change);

// For what needs the outside world: `begin` runs as above, but it may also begin something and say what; that is committed,
// and `go` answers this request and each repetition. `first`: this request began it; else its state is the answer.
using Begin =
    std::function<std::variant<std::string, http::Problem, commerce::Underway>(commerce::Transaction&)>;
enum class Turn { first, again };
using GoOn = std::function<http::Response(const commerce::Underway&, Turn)>;

http::Response runOutside(const Shop& shop, const Call& call, KeyNeed need, const Success& success,
                          const Begin& begin, const GoOn& go);

} // namespace outboxd::api
