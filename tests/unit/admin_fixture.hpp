// The operators' side of the API, asked without sockets by somebody who shows the token.
#pragma once

#include "api/admin/token.hpp"
#include "platform/security/digest.hpp"
#include "tests/unit/api_fixture.hpp"

#include <optional>
#include <utility>

namespace outboxd::testing {

inline constexpr const char* kToken = "0123456789abcdef";

// A test's own fixture adds its routes to `router`.
struct AdminFixture {
    // `below`: what all paths begin with, behind /admin/api/v1/.
    explicit AdminFixture(const std::string& below = {}) : base("/admin/api/v1/" + below) {}

    ApiReply send(http::Request request, const std::optional<std::string>& shown = kToken) {
        if (shown) request.headers.add("Authorization", "Bearer " + *shown);
        return answerOf(router, request);
    }
    ApiReply get(const std::string& path, std::vector<std::pair<std::string, std::string>> query = {}) {
        auto request = ApiFixture::request("GET", base + path);
        request.query = std::move(query);
        return send(std::move(request));
    }
    ApiReply post(const std::string& path, std::string body) {
        return send(ApiFixture::request("POST", base + path, std::move(body)));
    }
    static bool isNull(const ApiReply& reply, const char* pointer) {
        const auto* value = rapidjson::Pointer(pointer).Get(reply.body);
        return value && value->IsNull();
    }

    const std::string base;
    MemoryLogger logger;
    api::AdminToken token{security::sha256(kToken)};
    api::Router router{token, logger};
};

} // namespace outboxd::testing
