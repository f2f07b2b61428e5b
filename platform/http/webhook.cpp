#include "platform/http/webhook.hpp"

#include "platform/core/error.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <optional>

namespace outboxd::http {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::string_view kVersion = "v1,";
constexpr std::size_t kLeastKeyBytes = 16;
// A sender has a few secrets at most; more is somebody who wants us to compute.
constexpr std::size_t kMostSignatures = 8;

std::string base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0'); // OpenSSL ends it with a zero
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

// Empty unless `text` is what base64() makes of the result, with or without the padding.
std::optional<std::string> fromBase64(std::string text) {
    while (text.size() % 4 != 0) text += '=';
    std::string bytes(text.size() / 4 * 3 + 1, '\0');
    const int length =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (length < 0) return std::nullopt;
    const auto padding =
        static_cast<std::size_t>(std::ranges::count(text, '=')); // it counts them as zero bits
    if (padding > 2) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(length) - padding);
    if (base64(bytes) != text) return std::nullopt;
    return bytes;
}

bool sameBytes(std::string_view left, std::string_view right) {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::optional<std::chrono::sys_seconds> parseTimestamp(std::string_view text) {
    std::int64_t seconds = 0;
    const auto* const end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data(), end, seconds);
    // Twelve digits last until the year 33658, and cannot overflow in microseconds.
    if (failure != std::errc{} || stopped != end || seconds < 0 || text.size() > 12) return std::nullopt;
    return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

// Letters, digits, '_' and '-'. A full stop would let the end of the id be taken for the timestamp.
bool isId(std::string_view text) {
    return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

bool anyFits(std::string_view signatures, std::span<const std::string> expected) {
    bool fits = false;
    for (std::size_t count = 0; !signatures.empty() && count < kMostSignatures; ++count) {
        const auto end = std::min(signatures.find(' '), signatures.size());
        for (const auto& signature : expected) fits |= sameBytes(signatures.substr(0, end), signature);
        signatures.remove_prefix(std::min(end + 1, signatures.size()));
    }
    return fits;
}

} // namespace

WebhookSecret::WebhookSecret(std::string_view text) {
    if (text.starts_with(kPrefix)) {
        auto key = fromBase64(std::string{text.substr(kPrefix.size())});
        if (!key) {
            throw core::Error(core::ErrorKind::misconfigured,
                              "a webhook secret begins with whsec_ but is not base64",
                              "write whsec_ and base64, or the plain secret");
        }
        key_ = *std::move(key);
    } else {
        key_ = text;
    }
    if (key_.size() < kLeastKeyBytes) {
        throw core::Error(core::ErrorKind::misconfigured, "a webhook secret has less than 16 bytes",
                          "make one with: echo whsec_$(openssl rand -base64 32)");
    }
}

std::vector<WebhookSecret> parseWebhookSecrets(std::string_view lines) {
    std::vector<WebhookSecret> secrets;
    while (!lines.empty()) {
        const auto end = std::min(lines.find('\n'), lines.size());
        auto line = lines.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty()) secrets.emplace_back(line);
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return secrets;
}

std::string signWebhook(const WebhookSecret& secret, std::string_view id, std::chrono::sys_seconds at,
                        std::string_view body) {
    std::string content;
    content.reserve(id.size() + body.size() + 16);
    content.append(id)
        .append(".")
        .append(std::to_string(at.time_since_epoch().count()))
        .append(".")
        .append(body);
    std::string mac(EVP_MAX_MD_SIZE, '\0');
    unsigned int length = 0;
    const auto* const made = HMAC(EVP_sha256(), secret.key().data(), static_cast<int>(secret.key().size()),
                                  reinterpret_cast<const unsigned char*>(content.data()), content.size(),
                                  reinterpret_cast<unsigned char*>(mac.data()), &length);
    if (made == nullptr) throw core::Error(core::ErrorKind::internal, "HMAC-SHA256 could not be computed");
    mac.resize(length);
    return std::string{kVersion} + base64(mac);
}

Headers webhookHeaders(const WebhookSecret& secret, const std::string& id, std::chrono::sys_seconds at,
                       std::string_view body) {
    Headers headers;
    headers.add(std::string{kWebhookId}, id);
    headers.add(std::string{kWebhookTimestamp}, std::to_string(at.time_since_epoch().count()));
    headers.add(std::string{kWebhookSignature}, signWebhook(secret, id, at, body));
    return headers;
}

std::string_view name(WebhookVerdict verdict) {
    switch (verdict) {
    case WebhookVerdict::genuine: return "genuine";
    case WebhookVerdict::unsigned_call: return "unsigned";
    case WebhookVerdict::malformed: return "malformed";
    case WebhookVerdict::too_old: return "too_old";
    case WebhookVerdict::too_new: return "too_new";
    case WebhookVerdict::wrong: return "wrong_signature";
    }
    return "wrong_signature";
}

WebhookVerdict verifyWebhook(const Headers& headers, std::string_view body,
                             std::span<const WebhookSecret> secrets, core::Timestamp now,
                             std::chrono::seconds tolerance) {
    for (const auto field : {kWebhookId, kWebhookTimestamp, kWebhookSignature}) {
        if (headers.count(field) != 1) return WebhookVerdict::unsigned_call;
    }
    const auto id = *headers.get(kWebhookId);
    const auto at = parseTimestamp(*headers.get(kWebhookTimestamp));
    if (!isId(id) || !at) return WebhookVerdict::malformed;
    if (*at < now - tolerance) return WebhookVerdict::too_old;
    if (*at > now + tolerance) return WebhookVerdict::too_new;

    std::vector<std::string> expected;
    for (const auto& secret : secrets) expected.push_back(signWebhook(secret, id, *at, body));
    return anyFits(*headers.get(kWebhookSignature), expected) ? WebhookVerdict::genuine
                                                              : WebhookVerdict::wrong;
}

} // namespace outboxd::http
