// Fingerprints, comparisons that tell nothing by their time, and randomness from the operating system.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace outboxd::security {

// All throw core::Error(internal) if the cryptographic library fails. Raw bytes.
std::string sha256(std::string_view bytes);
std::string hmacSha256(std::string_view key, std::string_view bytes);
std::string randomBytes(std::size_t count);

// How long it takes depends on the lengths alone.
bool equalInConstantTime(std::string_view left, std::string_view right);

std::string toHex(std::string_view bytes);

} // namespace outboxd::security
