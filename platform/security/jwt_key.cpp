#include "platform/security/jwt_key.hpp"

#include "platform/core/error.hpp"
#include "platform/security/digest.hpp"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

namespace outboxd::security {

namespace {

template <auto Free> struct Freer {
    template <class Thing> void operator()(Thing* thing) const { Free(thing); }
};
using PublicKey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;

constexpr std::size_t kShortestSecret = 32; // RFC 7518, 3.2: as long as the hash
constexpr int kSmallestRsa = 2048;
constexpr std::size_t kCoordinate = 32; // of P-256

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
    throw core::Error(core::ErrorKind::misconfigured, what, hint);
}

Bio reading(std::string_view text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

int neverAsk(char*, int, int, void*) { return -1; }

PublicKey readPem(std::string_view text) {
    PublicKey key(PEM_read_bio_PUBKEY(reading(text).get(), nullptr, neverAsk, nullptr));
    if (!key) {
        const Certificate certificate(PEM_read_bio_X509(reading(text).get(), nullptr, neverAsk, nullptr));
        if (certificate) key.reset(X509_get_pubkey(certificate.get()));
    }
    ERR_clear_error(); // the queue is the thread's and outlives us
    return key;
}

PublicKey publicKey(JwtAlgorithm algorithm, std::string_view text) {
    auto key = readPem(text);
    if (!key)
        refuse("the key of the tokens is no public key or certificate in PEM",
               "write one: openssl pkey -in private.pem -pubout -out public.pem");
    if (algorithm == JwtAlgorithm::rs256) {
        if (EVP_PKEY_is_a(key.get(), "RSA") != 1)
            refuse("the key of the tokens is no RSA key", "RS256 needs one");
        if (EVP_PKEY_get_bits(key.get()) < kSmallestRsa)
            refuse("the RSA key of the tokens is too short", "use 2048 bits or more");
        return key;
    }
    char curve[32] = "";
    const bool p256 = EVP_PKEY_is_a(key.get(), "EC") == 1 &&
                      EVP_PKEY_get_group_name(key.get(), curve, sizeof curve, nullptr) == 1 &&
                      std::string_view{curve} == "prime256v1";
    if (!p256) refuse("the key of the tokens is not on the curve P-256", "ES256 needs one");
    return key;
}

// JOSE writes the two numbers side by side; OpenSSL wants them in DER.
std::string toDer(std::string_view signature) {
    if (signature.size() != 2 * kCoordinate) return {};
    const auto* bytes = reinterpret_cast<const unsigned char*>(signature.data());
    Number r(BN_bin2bn(bytes, kCoordinate, nullptr));
    Number s(BN_bin2bn(bytes + kCoordinate, kCoordinate, nullptr));
    const Signature pair(ECDSA_SIG_new());
    if (!r || !s || !pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
    static_cast<void>(r.release()); // the pair owns them now
    static_cast<void>(s.release());
    std::string der(static_cast<std::size_t>(i2d_ECDSA_SIG(pair.get(), nullptr)), '\0');
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    i2d_ECDSA_SIG(pair.get(), &out);
    return der;
}

bool signedBy(EVP_PKEY* key, std::string_view text, std::string_view signature) {
    const DigestContext context(EVP_MD_CTX_new());
    const bool good =
        context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
        EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                         signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                         text.size()) == 1;
    ERR_clear_error();
    return good;
}

} // namespace

std::string_view name(JwtAlgorithm algorithm) {
    switch (algorithm) {
    case JwtAlgorithm::rs256: return "RS256";
    case JwtAlgorithm::es256: return "ES256";
    case JwtAlgorithm::hs256: break;
    }
    return "HS256";
}

struct JwtKey::Impl {
    JwtAlgorithm algorithm;
    PublicKey key;      // RS256, ES256
    std::string secret; // HS256
};

JwtKey::JwtKey(JwtAlgorithm algorithm, std::string_view text) {
    auto impl = std::make_unique<Impl>();
    impl->algorithm = algorithm;
    if (algorithm != JwtAlgorithm::hs256) {
        impl->key = publicKey(algorithm, text);
    } else if (text.find("-----BEGIN ") != std::string_view::npos) {
        refuse("the secret of the tokens is a key or certificate in PEM",
               "HS256 needs a random secret that nobody else knows");
    } else if (text.size() < kShortestSecret) {
        refuse("the secret of the tokens is too short", "HS256 needs 32 random bytes or more");
    } else {
        impl->secret = text;
    }
    impl_ = std::move(impl);
}

JwtKey::~JwtKey() = default;
JwtKey::JwtKey(JwtKey&&) noexcept = default;
JwtKey& JwtKey::operator=(JwtKey&&) noexcept = default;

JwtAlgorithm JwtKey::algorithm() const { return impl_->algorithm; }

bool JwtKey::verifies(std::string_view signedPart, std::string_view signature) const {
    switch (impl_->algorithm) {
    case JwtAlgorithm::rs256: return signedBy(impl_->key.get(), signedPart, signature);
    case JwtAlgorithm::es256: {
        const auto der = toDer(signature);
        return !der.empty() && signedBy(impl_->key.get(), signedPart, der);
    }
    case JwtAlgorithm::hs256: break;
    }
    return equalInConstantTime(hmacSha256(impl_->secret, signedPart), signature);
}

} // namespace outboxd::security
