#include "tests/support/fake_collector.hpp"

#include "api/json_writer.hpp"

#include <algorithm>
#include <fcntl.h>
#include <rapidjson/document.h>
#include <stdexcept>
#include <unistd.h>

namespace outboxd::testing {

using namespace std::chrono_literals;

namespace {

http::Response answer(int status, const std::string& body = "{}") {
    http::Response response;
    response.status = status;
    response.body = body;
    return response;
}

} // namespace

FakeCollector::FakeCollector(FakeCollectorSettings settings)
    : settings_(std::move(settings)), secrets_(http::parseWebhookSecrets(settings_.secrets)),
      port_(settings_.port) {
    if (settings_.logFile.empty()) return;
    log_ = open(settings_.logFile.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log_ < 0) throw std::runtime_error("cannot write " + settings_.logFile);
}

FakeCollector::~FakeCollector() {
    goDown();
    if (log_ >= 0) close(log_);
}

void FakeCollector::start() {
    http::ServerSettings server;
    server.name = "fakecollector";
    server.port = port_;
    server.maxBodyBytes = 32 * 1024 * 1024;
    server.drainTimeout = 0ms;
    server.requestTimeout = 10min;
    server_.emplace(server, *this, clock_, logger_);
    server_->start();
    port_ = server_->port();
}

void FakeCollector::behave(const CollectorMode& mode) {
    const std::lock_guard lock(mutex_);
    mode_ = mode;
    ++changes_;
    changed_.notify_all();
}

void FakeCollector::goDown() {
    {
        const std::lock_guard lock(mutex_);
        ++changes_; // ends what stands still
        changed_.notify_all();
    }
    server_.reset();
}

void FakeCollector::comeBack() { start(); }

FakeCollector::Counts FakeCollector::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

std::vector<FakeCollector::Accepted> FakeCollector::accepted() const {
    const std::lock_guard lock(mutex_);
    return accepted_;
}

void FakeCollector::awaitHeld(int calls) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return counts_.now >= calls; });
}

http::Response FakeCollector::handle(const http::Request& request) {
    const auto event = genuine(request);
    std::unique_lock lock(mutex_);
    ++counts_.calls;
    if (!event) {
        ++counts_.forged;
        return answer(401);
    }
    counts_.most = std::max(counts_.most, ++inside_);
    const auto mode = mode_;
    if (mode.kind == CollectorMode::Kind::slow || mode.kind == CollectorMode::Kind::hang) {
        ++counts_.now;
        changed_.notify_all();
        const auto changed = [this, before = changes_] { return changes_ != before; };
        if (mode.kind == CollectorMode::Kind::slow) {
            changed_.wait_for(lock, mode.delay, changed);
        } else {
            changed_.wait(lock, changed);
        }
        --counts_.now;
    }
    --inside_;
    if (mode.kind == CollectorMode::Kind::hang) return answer(503);
    if (mode.kind != CollectorMode::Kind::status) return accept(*event);
    auto refusal = answer(mode.status, mode.body);
    if (!mode.retryAfter.empty()) refusal.headers.add("Retry-After", mode.retryAfter);
    return refusal;
}

std::optional<FakeCollector::Accepted> FakeCollector::genuine(const http::Request& request) const {
    if (http::verifyWebhook(request.headers, request.body, secrets_, clock_.today()) !=
        http::WebhookVerdict::genuine)
        return std::nullopt;
    rapidjson::Document body;
    body.Parse(request.body.data(), request.body.size());
    if (body.HasParseError() || !body.IsObject()) return std::nullopt;
    const auto text = [&](const char* name) -> std::string {
        return body.HasMember(name) && body[name].IsString() ? body[name].GetString() : "";
    };
    Accepted event{text("id"),
                   text("type"),
                   text("key"),
                   request.body,
                   std::string{request.headers.get("traceparent").value_or("")},
                   0};
    if (body.HasMember("sequence") && body["sequence"].IsInt64())
        event.sequence = body["sequence"].GetInt64();
    const bool agreed = request.method == "POST" && !event.id.empty() && !event.type.empty() &&
                        body.HasMember("data") && body["data"].IsObject() &&
                        request.headers.get(http::kWebhookId) == event.id &&
                        request.headers.count("Idempotency-Key") == 1 &&
                        request.headers.get("Idempotency-Key") == "\"" + event.id + "\"";
    if (!agreed) return std::nullopt;
    return event;
}

// Under mutex_.
http::Response FakeCollector::accept(const Accepted& event) {
    if (!known_.insert(event.id).second) {
        ++counts_.repeated;
        if (settings_.dedups) return answer(200);
    }
    ++counts_.accepted;
    accepted_.push_back(event);
    write(event);
    return answer(200);
}

void FakeCollector::write(const Accepted& event) {
    if (log_ < 0) return;
    api::JsonWriter json;
    json.begin().field("listener", settings_.name).field("id", event.id).field("type", event.type);
    json.field("key", event.key).field("sequence", event.sequence).field("at", clock_.today()).end();
    const auto line = json.text() + "\n";
    if (::write(log_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        throw std::runtime_error("cannot write " + settings_.logFile);
}

} // namespace outboxd::testing
