// The one exception type of outboxd.
//
// An expected refusal (no stock, wrong state) is a value, never an exception. What is thrown is broken
// machinery: it says what kind of trouble it is, whether trying again can help, and, where a setting is
// likely to be wrong, which one to change. The translation to HTTP and to exit codes happens in one place each.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace outboxd::core {

enum class ErrorKind {
    unavailable,     // the other side cannot be reached or hung up; try again later
    overloaded,      // we refuse work to keep the rest fast; try again after a moment
    contention,      // deadlock, lock wait, write conflict; the same work may be tried again at once
    timeout,         // a time limit was reached; the work was not done
    outcome_unknown, // the connection was lost while committing: it may have happened. Look, never re-run blindly
    misconfigured, // a setting or privilege is wrong; `hint` names it
    invalid_data,  // what another party wrote or sent breaks its contract
    internal,      // a defect of ours
};

// The kind's stable name in lower_snake_case, for logs and metrics.
std::string_view name(ErrorKind kind);

// Whether running the same work again can succeed without anybody changing anything.
// False for outcome_unknown: the caller has to look first.
bool isTransient(ErrorKind kind);

class Error : public std::runtime_error {
public:
    // `what`: one sentence in plain words. `hint`: the next step for whoever reads it; may be empty.
    Error(ErrorKind kind, const std::string& what, std::string hint = {});

    ErrorKind kind() const { return kind_; }
    const std::string& hint() const { return hint_; }

private:
    ErrorKind kind_;
    std::string hint_;
};

} // namespace outboxd::core
