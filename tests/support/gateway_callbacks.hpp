// The fake gateway's messenger: signed callbacks, as often and in the order that the script says.
#pragma once

#include "platform/http/client.hpp"
#include "platform/http/webhook.hpp"
#include "tests/support/gateway_ledger.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace outboxd::testing {

class GatewayCallbacks {
public:
    // `url`: of the receiver's path; empty: there is none, and nothing is sent.
    GatewayCallbacks(const std::string& url, const std::string& secret);
    ~GatewayCallbacks();
    GatewayCallbacks(const GatewayCallbacks&) = delete;
    GatewayCallbacks& operator=(const GatewayCallbacks&) = delete;

    // Tells what has become of `entry`, `times` times with one and the same id. Each is repeated until it is answered
    // with 2xx, or 4xx other than 429, or was tried for some minutes.
    void tell(const LedgerEntry& entry, int times);
    // One that says the opposite, signed with a secret that is not the gateway's.
    void forge(const LedgerEntry& entry);

    // From now on they wait, until one of the other two lets them go.
    void hold();
    void letGo();
    void letGoReversed();

    std::size_t waiting() const;
    // How often the receiver answered with each status; 0: it did not.
    std::map<int, int> answers(bool forged) const;

private:
    struct Message {
        std::string id, body;
        bool forged = false;
        int tries = 0;
    };
    void add(const LedgerEntry& entry, const std::string& status, bool forged, int times);
    void run(const std::stop_token& stop);
    int send(const Message& message);

    const core::SystemClock clock_;
    std::string path_;
    std::optional<http::Client> client_;
    const http::WebhookSecret secret_, wrongSecret_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Message> queue_;              // guarded by mutex_
    bool held_ = false;                      // guarded by mutex_
    std::map<int, int> answers_, forgeries_; // guarded by mutex_
    int lastId_ = 0;                         // guarded by mutex_
    std::jthread thread_;
};

} // namespace outboxd::testing
