// A logger that remembers what it was told.
#pragma once

#include "platform/core/logger.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

namespace outboxd::testing {

class RecordingLogger final : public core::Logger {
public:
    bool enabled(core::LogLevel) const override { return true; }
    void write(core::LogLevel, std::string_view event,
               std::initializer_list<core::LogField> fields) override {
        std::string line{event};
        for (const auto& field : fields)
            line += " " + std::string{field.key} + "=" + std::visit(Text{}, field.value);
        const std::lock_guard lock(mutex_);
        lines_.push_back(std::move(line));
    }

    // "event key=value key=value", oldest first.
    std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    bool saw(const std::string& line) const {
        const auto all = lines();
        return std::find(all.begin(), all.end(), line) != all.end();
    }

private:
    struct Text {
        std::string operator()(std::string_view text) const { return std::string{text}; }
        std::string operator()(bool flag) const { return flag ? "true" : "false"; }
        std::string operator()(auto number) const { return std::to_string(number); }
    };
    mutable std::mutex mutex_;
    std::vector<std::string> lines_; // guarded by mutex_
};

} // namespace outboxd::testing
