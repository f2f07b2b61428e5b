// Signed calls between servers: Standard Webhooks (https://www.standardwebhooks.com), the symmetric scheme `v1`.
//
// The sender signs `<webhook-id>.<webhook-timestamp>.<body>` with HMAC-SHA256 and sends three header fields; the
// receiver must check them over the body's bytes as they came. The timestamp bounds how long a recorded call can be
// replayed; within that time only deduplication by webhook-id, or an effect that is idempotent, helps.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/http/message.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outboxd::http {

inline constexpr std::string_view kWebhookId = "webhook-id";
inline constexpr std::string_view kWebhookTimestamp = "webhook-timestamp";
inline constexpr std::string_view kWebhookSignature = "webhook-signature";

// The key of both sides.
class WebhookSecret {
public:
    // `whsec_` and base64, as the standard writes it, or any other text, whose bytes are the key.
    // Throws core::Error(misconfigured) if it is no base64 or has less than 16 bytes. Never names the text.
    explicit WebhookSecret(std::string_view text);

    const std::string& key() const { return key_; }

private:
    std::string key_;
};

// One secret per line, blank lines left out: while a secret is changed the old and the new one are both good.
std::vector<WebhookSecret> parseWebhookSecrets(std::string_view lines);

// The value of webhook-signature: "v1," and 44 characters of base64. `id` must not contain a full stop.
std::string signWebhook(const WebhookSecret& secret, std::string_view id, std::chrono::sys_seconds at,
                        std::string_view body);
// All three header fields.
Headers webhookHeaders(const WebhookSecret& secret, const std::string& id, std::chrono::sys_seconds at,
                       std::string_view body);

enum class WebhookVerdict {
    genuine,
    unsigned_call, // one of the three fields is missing, or is there twice
    malformed,     // a field is not what the standard says
    too_old,       // signed longer ago than the tolerance, or recorded and sent again
    too_new,       // the sender's clock, or ours, is wrong by more than the tolerance
    wrong,         // no signature of version 1 fits any secret
};

// The verdict's stable name, for logs and metrics.
std::string_view name(WebhookVerdict verdict);

inline constexpr std::chrono::seconds kWebhookTolerance{300};

// Each of several signatures (separated by spaces) is tried with each secret, in a time that does not depend on where
// they differ; versions other than v1 are passed over. Only a genuine call's fields may be relied upon.
WebhookVerdict verifyWebhook(const Headers& headers, std::string_view body,
                             std::span<const WebhookSecret> secrets, core::Timestamp now,
                             std::chrono::seconds tolerance = kWebhookTolerance);

} // namespace outboxd::http
