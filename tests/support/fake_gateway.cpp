#include "tests/support/fake_gateway.hpp"

#include "api/json_writer.hpp"

#include <rapidjson/document.h>

namespace outboxd::testing {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kCharges = "/v1/charges";
constexpr std::string_view kRefunds = "/v1/refunds";

http::Response answer(int status, const std::string& body) {
    http::Response response;
    response.status = status;
    response.body = body;
    return response;
}

http::Response refusal(int status, std::string_view why) {
    api::JsonWriter json;
    json.begin().field("status", "refused").field("reason", why).end();
    return answer(status, json.text());
}

http::Response answer(int status, const LedgerEntry& entry) {
    api::JsonWriter json;
    json.begin().field("key", entry.key).field("amount", entry.amount).field("status", entry.status);
    if (!entry.reason.empty()) json.field("reason", entry.reason);
    return answer(status, json.end().text());
}

int statusOf(const LedgerEntry& entry) {
    if (entry.status == "succeeded") return entry.asked == 1 ? 201 : 200;
    return entry.status == "pending" ? 202 : 402;
}

// Exactly these members, with the right types.
std::optional<LedgerEntry> wanted(const http::Request& request, bool charge, std::string& token) {
    rapidjson::Document body;
    body.Parse(request.body.data(), request.body.size());
    if (body.HasParseError() || !body.IsObject()) return std::nullopt;
    const auto text = [&](const char* name) -> std::string {
        return body.HasMember(name) && body[name].IsString() ? body[name].GetString() : "";
    };
    const auto number = [&](const char* name) -> std::int64_t {
        return body.HasMember(name) && body[name].IsInt64() ? body[name].GetInt64() : 0;
    };
    LedgerEntry entry;
    entry.key = text("key");
    entry.amount = number("amount");
    entry.order = charge ? number("orderId") : 0;
    entry.chargeKey = charge ? "" : text("chargeKey");
    token = charge ? text("token") : "tok_ok";
    const bool complete = charge ? entry.order > 0 && body.MemberCount() == 4
                                 : !entry.chargeKey.empty() && body.MemberCount() == 3;
    if (!complete || entry.key.empty() || token.empty() || entry.amount <= 0) return std::nullopt;
    if (request.headers.get("Idempotency-Key") != "\"" + entry.key + "\"") return std::nullopt;
    return entry;
}

} // namespace

FakeGateway::FakeGateway(FakeGatewaySettings settings)
    : settings_(std::move(settings)), callbacks_(settings_.callbackUrl, settings_.secret),
      port_(settings_.port) {}

FakeGateway::~FakeGateway() { goDown(); }

void FakeGateway::start() {
    http::ServerSettings server;
    server.name = "fakegateway";
    server.port = port_;
    server.drainTimeout = 0ms;
    server.requestTimeout = 10min;
    server_.emplace(server, *this, clock_, logger_);
    server_->start();
    port_ = server_->port();
}

void FakeGateway::next(const GatewayTurn& turn) {
    const std::lock_guard lock(mutex_);
    turns_.push_back(turn);
}

void FakeGateway::mix(const GatewayMix& mix, unsigned seed) {
    const std::lock_guard lock(mutex_);
    mix_ = mix;
    random_.seed(seed);
}

void FakeGateway::release() {
    const std::lock_guard lock(mutex_);
    ++releases_;
    changed_.notify_all();
}

std::size_t FakeGateway::held() const {
    const std::lock_guard lock(mutex_);
    return held_;
}

void FakeGateway::awaitHeld(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_ == count; });
}

void FakeGateway::goDown() {
    {
        const std::lock_guard lock(mutex_);
        down_ = true;
        changed_.notify_all();
    }
    server_.reset();
}

void FakeGateway::comeBack() {
    {
        const std::lock_guard lock(mutex_);
        down_ = false;
    }
    start();
}

void FakeGateway::settlePending(const std::string& status) {
    for (const auto& entry : ledger_.settlePending(status)) callbacks_.tell(entry, 1);
}

int FakeGateway::posts() const {
    const std::lock_guard lock(mutex_);
    return posts_;
}

int FakeGateway::gets() const {
    const std::lock_guard lock(mutex_);
    return gets_;
}

http::Response FakeGateway::handle(const http::Request& request) {
    if (request.headers.get("Authorization") != "Bearer " + settings_.apiKey)
        return refusal(401, "wrong API key");
    const std::string_view path = request.path;
    for (const auto resource : {kCharges, kRefunds}) {
        const bool charge = resource == kCharges;
        if (request.method == "POST" && path == resource) return post(request, charge);
        if (request.method == "GET" && path.starts_with(std::string{resource} + "/"))
            return state(std::string{path.substr(resource.size() + 1)}, charge);
    }
    return refusal(404, "there is no such path"); // not the 404 of a key
}

http::Response FakeGateway::state(const std::string& key, bool charge) {
    {
        const std::lock_guard lock(mutex_);
        ++gets_;
    }
    if (const auto entry = ledger_.find(charge, key)) return answer(200, *entry);
    api::JsonWriter json;
    json.begin().field("key", key).field("status", "not_found").end();
    return answer(404, json.text());
}

http::Response FakeGateway::post(const http::Request& request, bool charge) {
    std::string token;
    auto entry = wanted(request, charge, token);
    if (!entry) return refusal(400, "this is not a charge or a refund with its Idempotency-Key");
    const bool known = ledger_.find(charge, entry->key).has_value();
    const auto turn = known ? GatewayTurn{} : turnFor(token);
    {
        const std::lock_guard lock(mutex_);
        ++posts_;
    }
    if (!stand(turn.hold == GatewayTurn::Hold::arrival)) return refusal(503, "went down");
    entry->status = turn.outcome;
    if (turn.outcome == "declined") entry->reason = "the card has no money";
    const auto acted = ledger_.act(*entry);
    if (!acted) return refusal(409, "this key was used for something else");
    if (acted->asked == 1 && acted->status != "pending") {
        if (turn.forged) callbacks_.forge(*acted);
        callbacks_.tell(*acted, turn.callbacks);
    }
    if (!stand(turn.hold == GatewayTurn::Hold::reply || !turn.answers)) return refusal(503, "went down");
    return answer(statusOf(*acted), *acted);
}

GatewayTurn FakeGateway::turnFor(const std::string& token) {
    const std::lock_guard lock(mutex_);
    GatewayTurn turn;
    if (!turns_.empty()) {
        turn = turns_.front();
        turns_.pop_front();
        return turn;
    }
    const auto chance = [this](int percent) {
        return percent > 0 && std::uniform_int_distribution<int>{1, 100}(random_) <= percent;
    };
    if (token == "tok_declined" || chance(mix_.declined)) turn.outcome = "declined";
    if (token == "tok_pending") turn.outcome = "pending";
    if (token == "tok_silent" || chance(mix_.silent)) turn.answers = false;
    if (chance(mix_.duplicated)) turn.callbacks = 5;
    turn.forged = chance(mix_.forged);
    return turn;
}

bool FakeGateway::stand(bool holding) {
    std::unique_lock lock(mutex_);
    if (holding) {
        ++held_;
        changed_.notify_all();
        changed_.wait(lock, [this, before = releases_] { return down_ || releases_ != before; });
        --held_;
        changed_.notify_all();
    }
    return !down_;
}

} // namespace outboxd::testing
