// The card gateway over HTTP, as docs/gateway.md says.
#pragma once

#include "commerce/card_gateway.hpp"
#include "commerce/gateway/reply.hpp"
#include "platform/core/circuit_breaker.hpp"
#include "platform/http/client.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace outboxd::commerce::gateway {

enum class Operation { charge, refund, charge_state, refund_state };

std::string_view name(Operation operation);
std::string_view name(GatewayAnswer::Outcome outcome);

struct HttpCardGatewaySettings {
    http::Endpoint endpoint;
    std::string caFile; // PEM; empty: the system's authorities
    std::string apiKey;
    std::chrono::milliseconds timeout{3'000};  // of an operation, with all its tries
    int tries = 3;                             // of what may be repeated
    std::chrono::milliseconds firstPause{100}; // between two tries; doubled each time, with jitter
    core::CircuitBreakerSettings breaker;
};

// Thread-safe; many operations run at once.
class HttpCardGateway final : public CardGateway {
public:
    // One operation has ended; `tries`: 0 if the circuit breaker let nothing through. Called by the operation's thread;
    // must not throw.
    using Report =
        std::function<void(Operation, GatewayAnswer::Outcome, int tries, std::chrono::microseconds took)>;
    // Waits. An argument, so that tests need not.
    using Pause = std::function<void(std::chrono::microseconds)>;

    // Connects to nothing. Throws core::Error(misconfigured) if the API key cannot be sent or the certificates cannot be
    // read. `clock` must outlive the gateway; `report` may be empty.
    HttpCardGateway(HttpCardGatewaySettings settings, const core::Clock& clock, Report report, Pause pause);

    GatewayAnswer charge(const CardCharge& charge) override;
    GatewayAnswer refund(const CardRefund& refund) override;
    GatewayAnswer chargeState(const std::string& key) override;
    GatewayAnswer refundState(const std::string& key) override;

    core::CircuitBreaker::Figures breaker() const { return breaker_.figures(clock_.now()); }

private:
    struct Try;

    GatewayAnswer run(Operation operation, http::ClientRequest request, const Asked& asked);
    Try once(const http::ClientRequest& request, const Asked& asked, core::Instant deadline,
             core::CircuitBreaker::Permit permit);
    GatewayAnswer withRetries(const http::ClientRequest& request, const Asked& asked, int& tries);

    const HttpCardGatewaySettings settings_;
    const core::Clock& clock_;
    const Report report_;
    const Pause pause_;
    http::Client client_;
    core::CircuitBreaker breaker_;
};

} // namespace outboxd::commerce::gateway
