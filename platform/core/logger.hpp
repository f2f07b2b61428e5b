// Where a module says what happened. platform/log writes it out; rules and tests see this interface alone.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace outboxd::core {

enum class LogLevel { debug, info, warning, error };

struct LogField {
    std::string_view key;
    std::variant<std::string_view, std::int64_t, double, bool> value;

    LogField(std::string_view key, std::string_view text) : key(key), value(text) {}
    LogField(std::string_view key, const std::string& text) : key(key), value(std::string_view{text}) {}
    LogField(std::string_view key, const char* text) : key(key), value(std::string_view{text}) {}
    LogField(std::string_view key, bool flag) : key(key), value(flag) {}
    LogField(std::string_view key, double number) : key(key), value(number) {}
    template <std::integral Integer>
    LogField(std::string_view key, Integer number) : key(key), value(static_cast<std::int64_t>(number)) {}
};

// Thread-safe. Never throws; never blocks longer than one write to the log's descriptor.
class Logger {
public:
    virtual ~Logger() = default;
    virtual bool enabled(LogLevel level) const = 0;
    // `event`: a stable lower_snake_case name of what happened ("lease_lost"); one line is written per call.
    // `fields`: never a secret; views need to live for the call only.
    virtual void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) = 0;

    void debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
        if (enabled(LogLevel::debug)) write(LogLevel::debug, event, fields);
    }
    void info(std::string_view event, std::initializer_list<LogField> fields = {}) {
        if (enabled(LogLevel::info)) write(LogLevel::info, event, fields);
    }
    void warning(std::string_view event, std::initializer_list<LogField> fields = {}) {
        if (enabled(LogLevel::warning)) write(LogLevel::warning, event, fields);
    }
    void error(std::string_view event, std::initializer_list<LogField> fields = {}) {
        if (enabled(LogLevel::error)) write(LogLevel::error, event, fields);
    }
};

} // namespace outboxd::core
