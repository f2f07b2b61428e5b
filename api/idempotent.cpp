#include "api/idempotent.hpp"

#include "api/problems.hpp"
#include "platform/http/digest.hpp"

#include <algorithm>
#include <rapidjson/document.h>

namespace outboxd::api {

namespace {

bool isVisible(char c) { return c > 0x20 && c < 0x7f; }

commerce::RequestHash hashOf(const Call& call) {
    const auto digest = http::sha256({call.request.method, call.path, call.request.body});
    commerce::RequestHash hash{};
    std::transform(digest.begin(), digest.end(), hash.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    return hash;
}

// Said again from the stored body, so that a replay has it too.
void addLocation(http::Response& response, const Success& success) {
    if (success.idMember.empty()) return;
    rapidjson::Document body;
    body.Parse(response.body.data(), response.body.size());
    const std::string member{success.idMember};
    if (body.HasParseError() || !body.IsObject() || !body.HasMember(member.c_str())) return;
    response.headers.add("Location", std::string{success.location} + "/" +
                                         std::to_string(body[member.c_str()].GetInt64()));
}

http::Response success(const Success& success, int status, std::string body) {
    http::Response response;
    response.status = status;
    response.body = std::move(body);
    addLocation(response, success);
    return response;
}

http::Response runWithoutKey(const Shop& shop, const Call& call, const Success& wanted, const Begin& begin,
                             const GoOn& go) {
    auto result = commerce::transact(shop.unitOfWork, begin, [](const auto& outcome) {
        return !std::holds_alternative<http::Problem>(outcome);
    });
    if (const auto* begun = std::get_if<commerce::Underway>(&result)) return go(*begun, Turn::first);
    if (const auto* problem = std::get_if<http::Problem>(&result))
        return http::toResponse(*problem, call.request);
    return success(wanted, wanted.status, std::move(std::get<std::string>(result)));
}

} // namespace

std::optional<std::string> parseIdempotencyKey(std::string_view value) {
    std::string key;
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
        for (std::size_t i = 0; i < value.size(); ++i) {
            // RFC 8941, 3.3.3: a backslash escapes a quote or a backslash and nothing else.
            if (value[i] == '"') return std::nullopt;
            if (value[i] == '\\' && (++i == value.size() || (value[i] != '"' && value[i] != '\\')))
                return std::nullopt;
            key += value[i];
        }
    } else if (value.find_first_of("\"\\,;") == std::string_view::npos) {
        key = value;
    }
    if (key.empty() || key.size() > commerce::kLongestIdempotencyKey ||
        !std::all_of(key.begin(), key.end(), isVisible))
        return std::nullopt;
    return key;
}

std::variant<commerce::IdempotencyRequest, http::Problem> idempotencyRequest(const Call& call) {
    const auto& headers = call.request.headers;
    const auto field = headers.get("Idempotency-Key");
    if (!field)
        return http::Problem{400, "idempotency_key_missing", "This request needs an Idempotency-Key."};
    auto key = parseIdempotencyKey(*field);
    if (!key || headers.count("Idempotency-Key") > 1)
        return http::Problem{400, "idempotency_key_invalid",
                             "The Idempotency-Key must be one string of 1 to 255 visible characters."};
    return commerce::IdempotencyRequest{call.client.scope, std::move(*key), hashOf(call)};
}

http::Response toResponse(const Call& call, const Success& wanted, commerce::IdempotentOutcome outcome) {
    if (auto* fresh = std::get_if<commerce::Fresh>(&outcome))
        return success(wanted, fresh->reply.status, std::move(fresh->reply.body));
    if (auto* replayed = std::get_if<commerce::Replayed>(&outcome)) {
        auto response = success(wanted, replayed->reply.status, std::move(replayed->reply.body));
        response.headers.add("Idempotent-Replayed", "true");
        return response;
    }
    if (const auto* busy = std::get_if<commerce::InProgress>(&outcome))
        return http::toResponse(problemFor(*busy), call.request);
    return http::toResponse(problemFor(commerce::KeyReused{}), call.request);
}

http::Response runOnce(const Shop& shop, const Call& call, KeyNeed need, const Success& wanted,
                       const Change& change) {
    const auto begin = [&](commerce::Transaction& transaction) {
        return std::visit(
            [](auto&& result) -> std::variant<std::string, http::Problem, commerce::Underway> {
                return std::forward<decltype(result)>(result);
            },
            change(transaction));
    };
    return runOutside(shop, call, need, wanted, begin, {});
}

http::Response runOutside(const Shop& shop, const Call& call, KeyNeed need, const Success& wanted,
                          const Begin& begin, const GoOn& go) {
    if (need == KeyNeed::optional && !call.request.headers.get("Idempotency-Key"))
        return runWithoutKey(shop, call, wanted, begin, go);
    const auto request = idempotencyRequest(call);
    if (const auto* problem = std::get_if<http::Problem>(&request))
        return http::toResponse(*problem, call.request);

    std::optional<http::Problem> refusal;
    const auto work =
        [&](commerce::Transaction& transaction) -> std::variant<commerce::Reply, commerce::Underway> {
        refusal.reset();
        auto result = begin(transaction);
        if (const auto* begun = std::get_if<commerce::Underway>(&result)) return *begun;
        if (auto* body = std::get_if<std::string>(&result))
            return commerce::Reply{wanted.status, std::move(*body), true};
        refusal = std::move(std::get<http::Problem>(result));
        return commerce::Reply{.status = refusal->status, .body = {}, .keep = false};
    };
    auto outcome = shop.idempotent.run(std::get<commerce::IdempotencyRequest>(request), work);
    if (const auto* fresh = std::get_if<commerce::Fresh>(&outcome); fresh && !fresh->reply.keep)
        return http::toResponse(*refusal, call.request);
    if (const auto* pending = std::get_if<commerce::Pending>(&outcome)) {
        auto response = go(pending->what, pending->replayed ? Turn::again : Turn::first);
        if (pending->replayed) response.headers.add("Idempotent-Replayed", "true");
        return response;
    }
    return toResponse(call, wanted, std::move(outcome));
}

} // namespace outboxd::api
