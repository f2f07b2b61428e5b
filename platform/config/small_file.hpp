// Reading a file that a person wrote.
#pragma once

#include <filesystem>
#include <string>
#include <variant>

namespace outboxd::config {

// Why the file cannot be read: "No such file or directory".
struct CannotRead {
    std::string why;
};

// The whole content of a regular file, pipe or credential of at most `limit` bytes.
std::variant<std::string, CannotRead> readSmallFile(const std::filesystem::path& path, std::size_t limit);

} // namespace outboxd::config
