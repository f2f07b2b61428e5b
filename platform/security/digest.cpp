#include "platform/security/digest.hpp"

#include "platform/core/error.hpp"

#include <climits>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace outboxd::security {

namespace {

constexpr std::size_t kDigestBytes = 32;

unsigned char* bytesOf(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

[[noreturn]] void fail(const std::string& what) {
    throw core::Error(core::ErrorKind::internal, what + " could not be computed");
}

} // namespace

std::string sha256(std::string_view bytes) {
    std::string digest(kDigestBytes, '\0');
    if (EVP_Digest(bytes.data(), bytes.size(), bytesOf(digest), nullptr, EVP_sha256(), nullptr) != 1)
        fail("SHA-256");
    return digest;
}

std::string hmacSha256(std::string_view key, std::string_view bytes) {
    std::string digest(kDigestBytes, '\0');
    if (key.size() > INT_MAX ||
        !HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
              reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), bytesOf(digest), nullptr))
        fail("HMAC-SHA-256");
    return digest;
}

std::string randomBytes(std::size_t count) {
    std::string bytes(count, '\0');
    if (count > INT_MAX || RAND_bytes(bytesOf(bytes), static_cast<int>(count)) != 1) fail("A random number");
    return bytes;
}

bool equalInConstantTime(std::string_view left, std::string_view right) {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string toHex(std::string_view bytes) {
    std::string hex;
    for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return hex;
}

} // namespace outboxd::security
