// API keys: long random words of which only fingerprints are kept.
//
// The file has one line per key, and comments after '#':
//
//     # name    SHA-256 of the key                                                   acts for
//     checkout  5d41402abc4b2a76b9719d911017c592ae5f3c0d3b1b6a2c9d0a3f1f8c8d5e11    service
//     phone-7   9b74c9897bac770ffc029102a200c5de9f0b9d1c3a5f4c7e2d1b0a9f8e7d6c5b    user=7
//     backoff   e4da3b7fbbce2345d7772b0674a318d5a1b2c3d4e5f60718293a4b5c6d7e8f90    admin
//
// A leaked file gives no key away: keys have 256 random bits, so that nothing can be gained by trying.
#pragma once

#include "platform/core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace outboxd::security {

inline constexpr std::string_view kApiKeyPrefix = "obx_";

struct ApiKey {
    std::string name;                 // 1 to 64 letters, digits, '.', '_', '-'; unique in a file
    std::string digest;               // SHA-256 of the key, 32 raw bytes
    std::optional<std::int64_t> user; // whom it acts for; empty: for everyone (a service)
    bool admin = false;
};

// What is wrong with which line of a file, from 1.
struct BadLine {
    std::size_t line;
    std::string what;
};

// The file's keys; empty lines and comments are passed over.
std::variant<std::vector<ApiKey>, BadLine> parseApiKeys(std::string_view text);

// The one whose digest is that of `presented`, or null. Looks at all of them whichever it is.
const ApiKey* findApiKey(const std::vector<ApiKey>& keys, std::string_view presented);

struct NewApiKey {
    std::string key;  // to be given to the client; kept nowhere
    std::string line; // for the file
};
// Throws core::Error(misconfigured) if the name is none or an administrator's key is to be a user's.
NewApiKey makeApiKey(std::string_view name, std::optional<std::int64_t> user, bool admin);

} // namespace outboxd::security
