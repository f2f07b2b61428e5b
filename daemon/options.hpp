// The command line.
#pragma once

#include "daemon/exit_code.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace outboxd::daemon {

enum class Command { serve, migrate, check_config, audit, verify, api_key, version };

// What check-config prints, besides its verdict.
enum class Print { nothing, effective, settings_md, example_yaml };

// The API key that `api-key` is to make.
struct ApiKeyOrder {
    std::string name;
    std::optional<std::int64_t> user; // empty: for everyone
    bool admin = false;
};

// What `verify` is to compare.
struct VerifyOrder {
    std::vector<std::string> topics;
    std::string since; // RFC 3339; empty: see fromId
    std::int64_t fromId = 1;
    bool json = false;
    bool republishLost = false;
};

struct Options {
    Command command = Command::serve;
    std::filesystem::path config = "/etc/outboxd/outboxd.yaml";
    Print print = Print::nothing;
    bool online = false; // check-config asks the servers too
    ApiKeyOrder apiKey;
    VerifyOrder verify;
};

// The command line was no order to do anything: help was asked for, or it is wrong.
struct Answer {
    ExitCode code;
    std::string text; // for stdout when code is ok, else for stderr
};

// `arguments`: without the program's name. Does not throw.
std::variant<Options, Answer> parseOptions(const std::vector<std::string>& arguments);

} // namespace outboxd::daemon
