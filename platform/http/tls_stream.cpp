#include "platform/http/tls_stream.hpp"

#include "platform/core/error.hpp"
#include "platform/http/endpoint.hpp"

#include <algorithm>
#include <array>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace outboxd::http {
namespace {

constexpr std::size_t kChunk = 16 * 1024; // a TLS record

std::string lastError() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    return text.data();
}

[[noreturn]] void broken(const char* what) { throw core::Error(core::ErrorKind::internal, what); }

} // namespace

TlsTrust::TlsTrust(const std::string& caFile) : context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
    if (!context_ || SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION) != 1)
        broken("TLS cannot be set up");
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    const int loaded = caFile.empty() ? SSL_CTX_set_default_verify_paths(context_.get())
                                      : SSL_CTX_load_verify_file(context_.get(), caFile.c_str());
    if (loaded != 1) {
        throw core::Error(core::ErrorKind::misconfigured, "the trusted certificates" +
                                                              (caFile.empty() ? "" : " in " + caFile) +
                                                              " cannot be read: " + lastError());
    }
}

TlsTrust::~TlsTrust() = default;

TlsStream::TlsStream(std::unique_ptr<ByteStream> raw, const TlsTrust& trust, const Endpoint& peer)
    : raw_(std::move(raw)), ssl_(SSL_new(trust.context()), &SSL_free) {
    if (!ssl_) broken("a TLS connection cannot be made");
    incoming_ = BIO_new(BIO_s_mem());
    outgoing_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), incoming_, outgoing_);
    if (incoming_ == nullptr || outgoing_ == nullptr) broken("a TLS connection cannot be made");
    SSL_set_connect_state(ssl_.get());
    int set = 0;
    if (peer.numeric()) {
        set = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), peer.host.c_str());
    } else {
        SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        set = SSL_set1_host(ssl_.get(), peer.host.c_str()) == 1 &&
                      SSL_set_tlsext_host_name(ssl_.get(), peer.host.c_str()) == 1
                  ? 1
                  : 0;
    }
    if (set != 1) broken("a TLS connection cannot be told its peer's name");
}

TlsStream::~TlsStream() = default;

Fill TlsStream::handshake(core::Instant deadline) {
    for (;;) {
        ERR_clear_error();
        const int done = SSL_do_handshake(ssl_.get());
        if (done == 1) return flush(deadline) ? Fill::data : Fill::closed;
        const auto carried = carry(SSL_get_error(ssl_.get(), done), deadline);
        if (carried == Fill::data) continue;
        if (const auto verdict = SSL_get_verify_result(ssl_.get()); verdict != X509_V_OK) {
            untrusted_ = true;
            trouble_ =
                std::string{"its certificate is not accepted: "} + X509_verify_cert_error_string(verdict);
        } else if (trouble_.empty()) {
            trouble_ = "it hung up during the TLS handshake";
        }
        return carried;
    }
}

Fill TlsStream::fill(core::Instant deadline) {
    std::array<char, kChunk> chunk; // NOLINT: filled by OpenSSL
    for (;;) {
        ERR_clear_error();
        const int count = SSL_read(ssl_.get(), chunk.data(), static_cast<int>(chunk.size()));
        if (count > 0) {
            received_.append(chunk.data(), static_cast<std::size_t>(count));
            return Fill::data;
        }
        const auto carried = carry(SSL_get_error(ssl_.get(), count), deadline);
        if (carried != Fill::data) return carried;
    }
}

bool TlsStream::send(std::string_view bytes, core::Instant deadline) {
    while (!bytes.empty()) {
        ERR_clear_error();
        const auto size = static_cast<int>(std::min(bytes.size(), kChunk));
        const int count = SSL_write(ssl_.get(), bytes.data(), size);
        if (count > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
            if (!flush(deadline)) return false;
        } else if (carry(SSL_get_error(ssl_.get(), count), deadline) != Fill::data) {
            return false;
        }
    }
    return true;
}

Fill TlsStream::carry(int error, core::Instant deadline) {
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
        if (error == SSL_ERROR_SSL) trouble_ = "TLS failed: " + lastError();
        flush(deadline); // an alert that tells the peer why
        return Fill::closed;
    }
    if (!flush(deadline)) return Fill::closed;
    if (error == SSL_ERROR_WANT_WRITE) return Fill::data;
    const auto filled = raw_->fill(deadline);
    if (filled != Fill::data) return filled;
    auto& received = raw_->received();
    if (BIO_write(incoming_, received.data(), static_cast<int>(received.size())) !=
        static_cast<int>(received.size()))
        broken("TLS does not take what was received");
    received.clear();
    return Fill::data;
}

bool TlsStream::flush(core::Instant deadline) {
    std::array<char, kChunk> chunk; // NOLINT: filled by OpenSSL
    for (;;) {
        const int count = BIO_read(outgoing_, chunk.data(), static_cast<int>(chunk.size()));
        if (count <= 0) return true;
        if (!raw_->send({chunk.data(), static_cast<std::size_t>(count)}, deadline)) return false;
    }
}

} // namespace outboxd::http
