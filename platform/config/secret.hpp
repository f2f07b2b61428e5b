// A value that must not reach a log, a page or a terminal.
#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace outboxd::config {

// Whoever needs the bytes asks for them by name; there is no other way to get at them. It converts to
// nothing, and neither streams nor fmt know how to print it.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}

    const std::string& reveal() const { return value_; }
    bool empty() const { return value_.empty(); }

    friend bool operator==(const Secret&, const Secret&) = default;
    friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

private:
    std::string value_;
};

// A setting that names the file in which a secret stands. The reader of the configuration fills `value`.
struct SecretFile {
    std::string path; // empty: no secret
    Secret value;
};

} // namespace outboxd::config
