// TLS over a ByteStream, from the client's side. Internal to platform/http.
//
// OpenSSL never sees the socket: it reads and writes memory, and the bytes are carried by the ByteStream, so that each
// wait within a handshake or a record keeps to the one deadline, and a lost connection is no signal.
#pragma once

#include "platform/http/byte_stream.hpp"

#include <memory>
#include <openssl/types.h>
#include <string>

namespace outboxd::http {

struct Endpoint;

// What is trusted. Thread-safe once made.
class TlsTrust {
public:
    // The certificates in the PEM file, or, if it is empty, those of the system.
    // Throws core::Error(misconfigured) if they cannot be read.
    explicit TlsTrust(const std::string& caFile);
    ~TlsTrust();
    TlsTrust(const TlsTrust&) = delete;
    TlsTrust& operator=(const TlsTrust&) = delete;

    SSL_CTX* context() const { return context_.get(); }

private:
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
};

class TlsStream final : public Stream {
public:
    // `trust` must outlive the stream.
    TlsStream(std::unique_ptr<ByteStream> raw, const TlsTrust& trust, const Endpoint& peer);
    ~TlsStream() override;

    // First of all. `data` if the peer has proved to be who it should; otherwise trouble() says more.
    Fill handshake(core::Instant deadline);
    const std::string& trouble() const { return trouble_; }
    // The peer answered, but not with a certificate that is good for its name.
    bool untrusted() const { return untrusted_; }

    Fill fill(core::Instant deadline) override;
    bool send(std::string_view bytes, core::Instant deadline) override;

private:
    // After OpenSSL said `error`: carries bytes until it can go on; anything but `data` is the end.
    Fill carry(int error, core::Instant deadline);
    bool flush(core::Instant deadline);

    std::unique_ptr<ByteStream> raw_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
    BIO* incoming_ = nullptr; // owned by ssl_
    BIO* outgoing_ = nullptr; // owned by ssl_
    std::string trouble_;
    bool untrusted_ = false;
};

} // namespace outboxd::http
