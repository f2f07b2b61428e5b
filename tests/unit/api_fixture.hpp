// The API over a shop in memory, asked without sockets.
#pragma once

#include "api/shop.hpp"
#include "tests/support/fake_authorization_batches.hpp"
#include "tests/support/fake_claim_filter.hpp"
#include "tests/support/fake_claim_queue.hpp"
#include "tests/support/fake_coupon_reader.hpp"
#include "tests/support/fake_sales.hpp"
#include "tests/support/fake_shop.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_logger.hpp"

#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

namespace outboxd::testing {

struct ApiReply {
    int status = 0;
    http::Response response;
    rapidjson::Document body;

    std::string text(const char* pointer) const {
        const auto* value = rapidjson::Pointer(pointer).Get(body);
        return value && value->IsString() ? value->GetString() : "";
    }
    std::int64_t number(const char* pointer) const {
        const auto* value = rapidjson::Pointer(pointer).Get(body);
        return value && value->IsInt64() ? value->GetInt64() : -1;
    }
    std::string code() const { return text("/code"); }
    std::string header(std::string_view name) const {
        return std::string{response.headers.get(name).value_or("")};
    }
    // "pointer: detail" of every entry of errors.
    std::vector<std::string> errors() const {
        std::vector<std::string> result;
        const auto* list = rapidjson::Pointer("/errors").Get(body);
        if (!list) return result;
        for (const auto& error : list->GetArray()) {
            const char* place = error.HasMember("pointer") ? "pointer" : "parameter";
            result.push_back(std::string{error[place].GetString()} + ": " + error["detail"].GetString());
        }
        return result;
    }
};

inline ApiReply answerOf(api::Router& router, const http::Request& request) {
    ApiReply reply;
    reply.response = router.handle(request);
    reply.status = reply.response.status;
    reply.body.Parse(reply.response.body.c_str());
    return reply;
}

struct ApiFixture {
    ApiFixture() { api::addShopRoutes(router, shop); }

    static http::Request request(std::string method, std::string path, std::string body = {},
                                 std::string key = {}) {
        http::Request request;
        request.method = std::move(method);
        request.rawPath = request.path = std::move(path);
        request.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        if (!body.empty()) request.headers.add("Content-Type", "application/json");
        request.body = std::move(body);
        if (!key.empty()) request.headers.add("Idempotency-Key", std::move(key));
        return request;
    }
    ApiReply send(const http::Request& request) { return answerOf(router, request); }
    ApiReply get(std::string path, std::vector<std::pair<std::string, std::string>> query = {}) {
        auto asked = request("GET", std::move(path));
        asked.query = std::move(query);
        return send(asked);
    }
    // Each post without a key of its own gets a new one.
    ApiReply post(std::string path, std::string body, std::string key = {}) {
        if (key.empty()) key = "key-" + std::to_string(++keys_);
        return send(request("POST", std::move(path), std::move(body), std::move(key)));
    }

    std::int64_t user(std::int64_t points) {
        const auto name = "user" + std::to_string(++keys_);
        const auto id =
            post("/api/v1/users", R"({"username":")" + name + R"(","email":"a@b"})").number("/userId");
        if (points > 0)
            post("/api/v1/users/" + std::to_string(id) + "/points/charges",
                 R"({"amount":)" + std::to_string(points) + "}");
        return id;
    }
    std::int64_t product(std::int64_t price, std::int64_t stock) {
        return post("/api/v1/products", R"({"name":"Tea","price":)" + std::to_string(price) + R"(,"stock":)" +
                                            std::to_string(stock) + "}")
            .number("/productId");
    }
    static std::string orderOf(std::int64_t user, std::int64_t product, std::int64_t quantity) {
        return R"({"userId":)" + std::to_string(user) + R"(,"lines":[{"productId":)" +
               std::to_string(product) + R"(,"quantity":)" + std::to_string(quantity) + "}]}";
    }
    static std::string userBody(std::int64_t user) { return R"({"userId":)" + std::to_string(user) + "}"; }

    ManualClock clock;
    MemoryLogger logger;
    FakeShop rows{clock};
    commerce::IdempotentRunner runner{rows};
    FakeClaimQueue claimQueue{rows};
    FakeCouponReader couponReader{rows};
    FakeClaimFilter claimFilter;
    commerce::ClaimDesk claimDesk{claimQueue, claimFilter};
    commerce::ClaimWatch claimWatch{claimQueue};
    FakeAuthorizationBatches batches{rows};
    commerce::Authorizer authorizer{batches, runner, clock};
    FakeSales sales{clock};
    commerce::BestSellersCache bestSellers{sales, nullptr, clock, logger};
    api::Shop shop{rows,       rows,        runner,
                   authorizer, bestSellers, {couponReader, claimQueue, claimDesk, claimWatch, clock}};
    api::NoAuthentication authenticator;
    api::Router router{authenticator, logger};

private:
    int keys_ = 0;
};

} // namespace outboxd::testing
