#include "tests/bench/scenarios.hpp"

#include <charconv>
#include <fmt/format.h>
#include <random>
#include <stdexcept>

namespace outboxd::bench {
namespace {

// Keys that no other run has used either.
class Keys {
public:
    std::string next() { return fmt::format("{:016x}{:016x}", run_, ++number_); }
    std::uint64_t number() const { return number_; }

private:
    const std::uint64_t run_ = (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}();
    std::uint64_t number_ = 0;
};

void post(std::string& out, std::string_view path, std::string_view key, std::string_view body) {
    fmt::format_to(std::back_inserter(out),
                   "POST {} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nIdempotency-Key: "
                   "{}\r\nContent-Length: {}\r\n\r\n{}",
                   path, key, body.size(), body);
}

class Authorize final : public Scenario {
public:
    void ask(std::size_t, std::string& out) override {
        const auto key = keys_.next();
        post(
            out, "/api/v1/payments/authorizations", key,
            fmt::format(R"({{"merchant":"merchant-{}","amount":{},"currency":"EUR","reference":"order {}"}})",
                        keys_.number() % 1000, 100 + keys_.number() % 100'000, key));
    }
    bool answered(std::size_t, int, std::string_view) override { return true; }
    int expected() const override { return 201; }

private:
    Keys keys_;
};

// Places an order of two products and pays it: two requests, measured as one.
class OrderAndPay final : public Scenario {
public:
    explicit OrderAndPay(const ScenarioSettings& settings)
        : users_(settings.users), products_(settings.products), buyers_(settings.connections) {}

    void ask(std::size_t connection, std::string& out) override {
        auto& buyer = buyers_[connection];
        if (buyer.order != 0) {
            post(out, fmt::format("/api/v1/orders/{}/payment", buyer.order), keys_.next(),
                 fmt::format(R"({{"userId":{}}})", buyer.user));
            return;
        }
        buyer.user = 1 + ++turn_ % users_;
        const auto first = 1 + turn_ % products_;
        const auto second = 1 + (turn_ + 7) % products_;
        post(
            out, "/api/v1/orders", keys_.next(),
            fmt::format(
                R"({{"userId":{},"lines":[{{"productId":{},"quantity":2}},{{"productId":{},"quantity":1}}]}})",
                buyer.user, first, second));
    }
    bool answered(std::size_t connection, int status, std::string_view body) override {
        auto& order = buyers_[connection].order;
        if (order != 0 || status != 201) {
            order = 0;
            return true;
        }
        constexpr std::string_view member = "\"orderId\":";
        const auto place = body.find(member);
        if (place == std::string_view::npos) return true;
        const auto* number = body.data() + place + member.size();
        std::from_chars(number, body.data() + body.size(), order);
        return order == 0;
    }
    int expected() const override { return 201; }

private:
    struct Buyer {
        std::int64_t user = 0;
        std::int64_t order = 0; // to be paid next; 0: none
    };
    const std::int64_t users_;
    const std::int64_t products_;
    std::int64_t turn_ = 0;
    std::vector<Buyer> buyers_;
    Keys keys_;
};

// Each user claims once.
class Claim final : public Scenario {
public:
    explicit Claim(const ScenarioSettings& settings)
        : path_(fmt::format("/api/v1/coupons/{}/claims", settings.coupon)), user_(settings.users) {}

    void ask(std::size_t, std::string& out) override {
        post(out, path_, keys_.next(), fmt::format(R"({{"userId":{}}})", user_--));
    }
    bool answered(std::size_t, int, std::string_view) override { return true; }
    int expected() const override { return 202; }

private:
    const std::string path_;
    std::int64_t user_; // from the last one down
    Keys keys_;
};

class Get final : public Scenario {
public:
    explicit Get(std::string_view path)
        : request_(fmt::format("GET {} HTTP/1.1\r\nHost: bench\r\n\r\n", path)) {}

    void ask(std::size_t, std::string& out) override { out += request_; }
    bool answered(std::size_t, int, std::string_view) override { return true; }
    int expected() const override { return 200; }

private:
    const std::string request_;
};

} // namespace

std::unique_ptr<Scenario> makeScenario(const ScenarioSettings& settings) {
    if (settings.name == "authorize") return std::make_unique<Authorize>();
    if (settings.name == "order") return std::make_unique<OrderAndPay>(settings);
    if (settings.name == "claim") return std::make_unique<Claim>(settings);
    if (settings.name == "top5") return std::make_unique<Get>("/api/v1/products/top5");
    if (settings.name == "product") return std::make_unique<Get>("/api/v1/products/1");
    throw std::invalid_argument("unknown scenario " + settings.name);
}

} // namespace outboxd::bench
