#include "platform/http/digest.hpp"

#include "platform/core/error.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <openssl/evp.h>

namespace outboxd::http {

std::string sha256(std::initializer_list<std::string_view> parts) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    bool good = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
    for (const auto part : parts) {
        std::array<unsigned char, 8> length{};
        for (std::size_t i = 0; i < length.size(); ++i)
            length[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(part.size()) >> (8 * i));
        good = good && EVP_DigestUpdate(context.get(), length.data(), length.size()) == 1 &&
               EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
    }
    std::string result(32, '\0');
    good = good &&
           EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(result.data()), nullptr) == 1;
    if (!good) throw core::Error(core::ErrorKind::internal, "SHA-256 could not be computed");
    return result;
}

} // namespace outboxd::http
