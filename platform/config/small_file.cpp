#include "platform/config/small_file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace outboxd::config {
namespace {

CannotRead lastError() { return {std::generic_category().message(errno)}; }

struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
};

} // namespace

std::variant<std::string, CannotRead> readSmallFile(const std::filesystem::path& path, std::size_t limit) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.number < 0) return lastError();
    std::string content;
    std::array<char, 4096> buffer;
    for (;;) {
        const auto count = ::read(file.number, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return lastError();
        if (count == 0) return content;
        content.append(buffer.data(), static_cast<std::size_t>(count));
        if (content.size() > limit)
            return CannotRead{"it is larger than " + std::to_string(limit) + " bytes"};
    }
}

} // namespace outboxd::config
