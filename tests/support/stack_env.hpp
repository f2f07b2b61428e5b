// Where the real MariaDB, Redis and Kafka of this test run are.
#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

namespace outboxd::testing {

// The lines KEY=VALUE of the file that OUTBOXD_TEST_STACK_ENV names.
class StackEnv {
public:
    StackEnv() {
        const char* path = std::getenv("OUTBOXD_TEST_STACK_ENV");
        if (path == nullptr) {
            throw std::runtime_error(
                "OUTBOXD_TEST_STACK_ENV names no file: run the tests through ctest or ./dev test");
        }
        std::ifstream file{path};
        if (!file)
            throw std::runtime_error(std::string{"cannot read the addresses of the test stack from "} + path);
        for (std::string line; std::getline(file, line);) {
            const auto equals = line.find('=');
            if (line.empty() || line.front() == '#' || equals == std::string::npos) continue;
            values_[line.substr(0, equals)] = line.substr(equals + 1);
        }
    }

    // Throws if the file has no such line.
    const std::string& at(const std::string& key) const {
        const auto found = values_.find(key);
        if (found == values_.end())
            throw std::runtime_error("the test stack's file has no line " + key + "=...");
        return found->second;
    }

    // Empty if the file has no such line.
    std::string get(const std::string& key) const {
        const auto found = values_.find(key);
        return found == values_.end() ? std::string{} : found->second;
    }

private:
    std::map<std::string, std::string> values_;
};

} // namespace outboxd::testing
