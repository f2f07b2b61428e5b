// A card gateway that speaks docs/gateway.md, keeps its own books and misbehaves as it is told.
#pragma once

#include "platform/http/server.hpp"
#include "tests/support/gateway_callbacks.hpp"
#include "tests/support/gateway_ledger.hpp"
#include "tests/support/memory_logger.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <string>

namespace outboxd::testing {

// What happens to one POST of a new key.
struct GatewayTurn {
    std::string outcome = "succeeded"; // or declined, pending
    enum class Hold {
        none,
        arrival,
        reply
    } hold = Hold::none; // before it acts, or after it acted and before it answers
    bool answers = true; // false: it acts, and never answers
    int callbacks = 1;   // how often it tells the outcome, with one id
    bool forged = false; // before that somebody else tells the opposite
};

// In percent of the POSTs for which no turn was given.
struct GatewayMix {
    int declined = 0, silent = 0, duplicated = 0, forged = 0;
};

struct FakeGatewaySettings {
    std::uint16_t port = 0; // 0: a free one
    std::string apiKey = "test-key";
    std::string callbackUrl; // empty: no callbacks
    std::string secret = "whsec_b3V0Ym94ZC1mYWtlZ2F0ZXdheS1zZWNyZXQ=";
};

// The card token decides as well, for people who try it: tok_declined, tok_silent (acts, never answers), tok_pending.
// Thread-safe, but start(), goDown(), comeBack() and the end belong to one thread.
class FakeGateway final : public http::Handler {
public:
    explicit FakeGateway(FakeGatewaySettings settings);
    ~FakeGateway() override;

    void start();
    std::uint16_t port() const { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    // The next POST of a new key takes this turn; several are taken in the order given.
    void next(const GatewayTurn& turn);
    void mix(const GatewayMix& mix, unsigned seed);
    // Everything that is held goes on; what never answers is given up.
    void release();
    // Those that stand still now: held before or after acting, or silent.
    std::size_t held() const;
    void awaitHeld(std::size_t count);
    // Connections are cut and refused; what was held before it acted is never done.
    void goDown();
    void comeBack();
    void settlePending(const std::string& status);
    // POSTs and GETs that it understood, since the beginning.
    int posts() const;
    int gets() const;

    GatewayLedger& ledger() { return ledger_; }
    GatewayCallbacks& callbacks() { return callbacks_; }

    http::Response handle(const http::Request& request) override;

private:
    http::Response post(const http::Request& request, bool charge);
    http::Response state(const std::string& key, bool charge);
    GatewayTurn turnFor(const std::string& token);
    // False if it went down meanwhile.
    bool stand(bool holding);

    const FakeGatewaySettings settings_;
    const core::SystemClock clock_;
    MemoryLogger logger_{core::LogLevel::error};
    GatewayLedger ledger_;
    GatewayCallbacks callbacks_;
    std::uint16_t port_ = 0;
    std::optional<http::Server> server_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<GatewayTurn> turns_; // guarded by mutex_
    GatewayMix mix_;                // guarded by mutex_
    std::mt19937 random_;           // guarded by mutex_
    std::size_t held_ = 0;          // guarded by mutex_
    std::uint64_t releases_ = 0;    // guarded by mutex_
    bool down_ = false;             // guarded by mutex_
    int posts_ = 0, gets_ = 0;      // guarded by mutex_
};

} // namespace outboxd::testing
