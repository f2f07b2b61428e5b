// A logger that remembers, so that a test can ask what was said.
#pragma once

#include "platform/core/logger.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

namespace outboxd::testing {

class MemoryLogger final : public core::Logger {
public:
    explicit MemoryLogger(core::LogLevel least = core::LogLevel::debug) : least_(least) {}

    bool enabled(core::LogLevel level) const override { return level >= least_; }

    void write(core::LogLevel, std::string_view event,
               std::initializer_list<core::LogField> fields) override {
        std::string line{event};
        for (const auto& field : fields) {
            line.append(" ").append(field.key).append("=");
            std::visit([&line](const auto& value) { append(line, value); }, field.value);
        }
        const std::lock_guard lock(mutex_);
        lines_.push_back(std::move(line));
    }

    // "event key=value key=value", one per call, oldest first.
    std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    // A whole line, exactly.
    bool saw(const std::string& line) const {
        const auto all = lines();
        return std::find(all.begin(), all.end(), line) != all.end();
    }
    // A part of any line.
    bool said(std::string_view part) const {
        for (const auto& line : lines())
            if (line.find(part) != std::string::npos) return true;
        return false;
    }

private:
    static void append(std::string& line, std::string_view value) { line += value; }
    static void append(std::string& line, bool value) { line += value ? "true" : "false"; }
    static void append(std::string& line, auto value) { line += std::to_string(value); }

    const core::LogLevel least_;
    mutable std::mutex mutex_;
    std::vector<std::string> lines_; // guarded by mutex_
};

} // namespace outboxd::testing
