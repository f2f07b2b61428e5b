// A receiver of events that speaks docs/listeners.md, writes down what it accepted, and misbehaves as it is told.
#pragma once

#include "platform/http/server.hpp"
#include "platform/http/webhook.hpp"
#include "tests/support/memory_logger.hpp"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace outboxd::testing {

struct FakeCollectorSettings {
    std::uint16_t port = 0; // 0: a free one
    std::string name = "collector";
    std::string secrets = "whsec_b3V0Ym94ZC1mYWtlY29sbGVjdG9yLXNlY3JldA=="; // one a line
    std::string logFile = {}; // each accepted event is a line of it; empty: none
    bool dedups = false;      // a repetition is answered 200 and not written down again
};

// What happens to calls that are genuine.
struct CollectorMode {
    enum class Kind {
        ok,
        slow,   // accepts after `delay`, or when the mode changes
        status, // answers `status` and accepts nothing
        hang,   // neither accepts nor answers until the mode changes; then 503
    };
    Kind kind = Kind::ok;
    std::chrono::milliseconds delay{0};
    int status = 500;
    std::string retryAfter = {}; // empty: none
    std::string body = R"({"error":"as it was told"})";
};

// Thread-safe, but start(), goDown(), comeBack() and the end belong to one thread.
class FakeCollector : public http::Handler {
public:
    struct Accepted {
        std::string id, type, key, body, traceparent;
        std::int64_t sequence = 0;
    };

    explicit FakeCollector(FakeCollectorSettings settings);
    ~FakeCollector() override;

    void start();
    std::uint16_t port() const { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/events"; }

    void behave(const CollectorMode& mode);
    // Refuses connections.
    void goDown();
    void comeBack();

    struct Counts {
        int calls = 0;    // all
        int accepted = 0; // repetitions too, unless it dedups
        int repeated = 0; // ids that it had accepted before
        int forged = 0;   // signature, Idempotency-Key or body are not as agreed
        int now = 0;      // calls that stand still now
        int most = 0;     // calls at a time, at most so far
    };
    Counts counts() const;
    std::vector<Accepted> accepted() const;
    // Until so many calls stand still.
    void awaitHeld(int calls);

    http::Response handle(const http::Request& request) override;

private:
    std::optional<Accepted> genuine(const http::Request& request) const;
    http::Response accept(const Accepted& event);
    void write(const Accepted& event);

    const FakeCollectorSettings settings_;
    const std::vector<http::WebhookSecret> secrets_;
    const core::SystemClock clock_;
    MemoryLogger logger_{core::LogLevel::error};
    int log_ = -1;
    std::uint16_t port_ = 0;
    std::optional<http::Server> server_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    CollectorMode mode_;             // guarded by mutex_
    std::uint64_t changes_ = 0;      // guarded by mutex_; of the mode
    Counts counts_;                  // guarded by mutex_
    int inside_ = 0;                 // guarded by mutex_
    std::set<std::string> known_;    // guarded by mutex_
    std::vector<Accepted> accepted_; // guarded by mutex_
};

} // namespace outboxd::testing
