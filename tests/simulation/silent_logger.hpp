// Nobody reads what ten thousand worlds log.
#pragma once

#include "platform/core/logger.hpp"

namespace outboxd::simulation {

class SilentLogger final : public core::Logger {
public:
    bool enabled(core::LogLevel) const override { return false; }
    void write(core::LogLevel, std::string_view, std::initializer_list<core::LogField>) override {}
};

} // namespace outboxd::simulation
