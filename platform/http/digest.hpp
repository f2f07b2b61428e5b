// Fingerprints of requests.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace outboxd::http {

// SHA-256 over the parts, each preceded by its length, so that ("ab","c") and ("a","bc") differ. 32 raw
// bytes. Throws core::Error(internal) if the cryptographic library fails.
std::string sha256(std::initializer_list<std::string_view> parts);

} // namespace outboxd::http
