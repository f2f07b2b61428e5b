// A TLS server with a certificate of its own making, for the client's tests.
#pragma once

#include "tests/support/raw_server.hpp"
#include "tests/support/temporary_folder.hpp"

#include <cstdio>
#include <memory>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace outboxd::testing {

// `names` as in a certificate: "DNS:localhost", "IP:127.0.0.1". Answers every request with 200 and `body`.
class TlsServer {
public:
    TlsServer(const char* names, long validSeconds, const std::string& body)
        : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free), key_(EVP_RSA_gen(2048), &EVP_PKEY_free),
          certificate_(X509_new(), &X509_free),
          answer_("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body) {
        auto* const certificate = certificate_.get();
        X509_set_version(certificate, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
        X509_gmtime_adj(X509_getm_notAfter(certificate), validSeconds);
        X509_set_pubkey(certificate, key_.get());
        auto* const subject = X509_get_subject_name(certificate);
        const auto* const name = reinterpret_cast<const unsigned char*>("outboxd test");
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0);
        X509_set_issuer_name(certificate, subject);
        extend(NID_basic_constraints, "critical,CA:TRUE");
        extend(NID_subject_alt_name, names);
        X509_sign(certificate, key_.get(), EVP_sha256());
        SSL_CTX_use_certificate(context_.get(), certificate);
        SSL_CTX_use_PrivateKey(context_.get(), key_.get());
        const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(certificateFile().c_str(), "w"),
                                                         &std::fclose);
        PEM_write_X509(file.get(), certificate);
    }

    std::uint16_t port() const { return server_.port(); }
    std::string certificateFile() const { return (folder_.path() / "ca.pem").string(); }

private:
    void extend(int kind, const char* value) {
        const std::unique_ptr<X509_EXTENSION, void (*)(X509_EXTENSION*)> extension(
            X509V3_EXT_conf_nid(nullptr, nullptr, kind, value), &X509_EXTENSION_free);
        X509_add_ext(certificate_.get(), extension.get(), -1);
    }
    void serve(const RawPeer& peer) {
        const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context_.get()), &SSL_free);
        SSL_set_fd(ssl.get(), peer.fd());
        if (SSL_accept(ssl.get()) != 1) return;
        std::string received;
        char chunk[4096];
        while (received.find("\r\n\r\n") == std::string::npos) {
            const int count = SSL_read(ssl.get(), chunk, sizeof chunk);
            if (count <= 0) return;
            received.append(chunk, static_cast<std::size_t>(count));
        }
        SSL_write(ssl.get(), answer_.data(), static_cast<int>(answer_.size()));
        SSL_shutdown(ssl.get());
        peer.awaitHangUp();
    }

    TemporaryFolder folder_;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
    std::unique_ptr<X509, void (*)(X509*)> certificate_;
    const std::string answer_;
    RawServer server_{[this](RawPeer& peer) { serve(peer); }};
};

} // namespace outboxd::testing
