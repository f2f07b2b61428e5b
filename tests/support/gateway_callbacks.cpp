#include "tests/support/gateway_callbacks.hpp"

#include "api/json_writer.hpp"
#include "platform/http/trace.hpp"

#include <algorithm>

namespace outboxd::testing {

using namespace std::chrono_literals;

namespace {

constexpr auto kBetweenTries = 100ms;
constexpr int kMostTries = 3'000;

} // namespace

GatewayCallbacks::GatewayCallbacks(const std::string& url, const std::string& secret)
    : secret_(secret), wrongSecret_("not the secret of this gateway") {
    if (url.empty()) return;
    auto parsed = http::parseEndpoint(url);
    if (const auto* const mistake = std::get_if<http::NotAnEndpoint>(&parsed))
        throw core::Error(core::ErrorKind::misconfigured, "the callback URL " + mistake->why);
    auto& endpoint = std::get<http::Endpoint>(parsed);
    path_ = std::exchange(endpoint.prefix, "");
    http::ClientSettings settings;
    settings.endpoint = endpoint;
    client_.emplace(settings, clock_);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

GatewayCallbacks::~GatewayCallbacks() = default;

void GatewayCallbacks::tell(const LedgerEntry& entry, int times) { add(entry, entry.status, false, times); }

void GatewayCallbacks::forge(const LedgerEntry& entry) {
    add(entry, entry.status == "succeeded" ? "declined" : "succeeded", true, 1);
}

void GatewayCallbacks::add(const LedgerEntry& entry, const std::string& status, bool forged, int times) {
    if (!client_) return;
    api::JsonWriter json;
    json.begin()
        .field("kind", entry.charge() ? "charge" : "refund")
        .field("key", entry.key)
        .field("amount", entry.amount);
    json.field("status", status).field("reason", entry.reason).end();
    const std::lock_guard lock(mutex_);
    const auto id = "msg_" + std::to_string(++lastId_) + "_" + http::newRequestId().substr(0, 8);
    queue_.insert(queue_.end(), static_cast<std::size_t>(times), {id, json.text(), forged});
    changed_.notify_all();
}

void GatewayCallbacks::hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
}

void GatewayCallbacks::letGo() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
}

void GatewayCallbacks::letGoReversed() {
    const std::lock_guard lock(mutex_);
    std::ranges::reverse(queue_);
    held_ = false;
    changed_.notify_all();
}

std::size_t GatewayCallbacks::waiting() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

std::map<int, int> GatewayCallbacks::answers(bool forged) const {
    const std::lock_guard lock(mutex_);
    return forged ? forgeries_ : answers_;
}

void GatewayCallbacks::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !queue_.empty() && !held_; })) {
        auto message = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        const int status = send(message);
        lock.lock();
        ++(message.forged ? forgeries_ : answers_)[status];
        const bool again = status == 0 || status == 429 || status >= 500;
        if (!again || message.forged || ++message.tries >= kMostTries) continue;
        queue_.push_back(std::move(message));
        changed_.wait_for(lock, stop, kBetweenTries, [] { return false; });
    }
}

int GatewayCallbacks::send(const Message& message) {
    http::ClientRequest request{.method = "POST", .path = path_, .headers = {}, .body = message.body};
    const auto now = std::chrono::floor<std::chrono::seconds>(clock_.today());
    request.headers =
        http::webhookHeaders(message.forged ? wrongSecret_ : secret_, message.id, now, message.body);
    request.headers.add("Content-Type", "application/json");
    const auto result = client_->call(request, clock_.now() + 10s);
    const auto* const reply = std::get_if<http::ClientReply>(&result);
    return reply == nullptr ? 0 : reply->status;
}

} // namespace outboxd::testing
