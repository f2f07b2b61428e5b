// What the load generator's connections ask for. Each request is new: its own key, its own body.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace outboxd::bench {

struct ScenarioSettings {
    std::string name;
    std::size_t connections = 64;
    std::int64_t users = 1;    // seeded: 1 to `users`
    std::int64_t products = 1; // seeded: 1 to `products`
    std::int64_t coupon = 1;
};

class Scenario {
public:
    virtual ~Scenario() = default;
    // Appends the next request of this connection to `out`.
    virtual void ask(std::size_t connection, std::string& out) = 0;
    // The answer to it. True if what is measured ends here, false if another request belongs to it.
    virtual bool answered(std::size_t connection, int status, std::string_view body) = 0;
    // The status that means success.
    virtual int expected() const = 0;
};

// Throws std::invalid_argument for an unknown name.
std::unique_ptr<Scenario> makeScenario(const ScenarioSettings& settings);

} // namespace outboxd::bench
