// Signs JSON Web Tokens as an issuer does, with fresh keys; and as an attacker does.
#pragma once

#include "platform/security/base64.hpp"
#include "platform/security/digest.hpp"

#include <memory>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string>

namespace outboxd::testing {

class KeyPair {
public:
    static KeyPair rsa(unsigned bits = 2048) { return KeyPair(EVP_RSA_gen(bits)); }
    static KeyPair ec(const char* curve = "P-256") { return KeyPair(EVP_EC_gen(curve)); }

    std::string publicPem() const {
        const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), &BIO_free_all);
        PEM_write_bio_PUBKEY(bio.get(), key_.get());
        char* text = nullptr;
        const auto size = BIO_get_mem_data(bio.get(), &text);
        return {text, static_cast<std::size_t>(size)};
    }
    // As JOSE wants it: of an EC key both numbers side by side.
    std::string sign(const std::string& text) const {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                              &EVP_MD_CTX_free);
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
        EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
        std::size_t size = 0;
        EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
        std::string signature(size, '\0');
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                       text.size());
        signature.resize(size);
        return EVP_PKEY_is_a(key_.get(), "EC") == 1 ? sideBySide(signature) : signature;
    }

private:
    explicit KeyPair(EVP_PKEY* key) : key_(key, &EVP_PKEY_free) {}

    static std::string sideBySide(const std::string& der) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
        const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
            d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())), &ECDSA_SIG_free);
        std::string numbers(64, '\0');
        auto* out = reinterpret_cast<unsigned char*>(numbers.data());
        BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + 32, 32);
        return numbers;
    }

    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

inline std::string signedPart(const std::string& header, const std::string& claims) {
    return security::toBase64Url(header) + "." + security::toBase64Url(claims);
}

inline std::string jwtBy(const KeyPair& key, const std::string& header, const std::string& claims) {
    const auto text = signedPart(header, claims);
    return text + "." + security::toBase64Url(key.sign(text));
}

inline std::string jwtBy(const std::string& secret, const std::string& header, const std::string& claims) {
    const auto text = signedPart(header, claims);
    return text + "." + security::toBase64Url(security::hmacSha256(secret, text));
}

} // namespace outboxd::testing
