#include "platform/log/line_logger.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace outboxd::log {
namespace {

bool isJournal(int descriptor, const std::string& journalStream) {
    struct stat status {};
    if (journalStream.empty() || fstat(descriptor, &status) != 0) return false;
    return journalStream == fmt::format("{}:{}", status.st_dev, status.st_ino);
}

} // namespace

Target chooseTarget(int descriptor, FormChoice choice, const Surroundings& surroundings) {
    const bool journal = isJournal(descriptor, surroundings.journalStream);
    const bool terminal = !journal && isatty(descriptor) == 1;
    const bool text = choice == FormChoice::text || (choice == FormChoice::automatic && terminal);
    const bool coloured = text && terminal && !surroundings.noColour && surroundings.terminal != "dumb";
    return {descriptor, coloured ? Form::colour : text ? Form::text : Form::json, journal};
}

LineLogger::LineLogger(Target target, std::string node, core::LogLevel level, const core::Clock& clock)
    : target_(target), node_(std::move(node)), clock_(clock), level_(level) {}

void LineLogger::write(core::LogLevel level, std::string_view event,
                       std::initializer_list<core::LogField> fields) {
    if (!enabled(level)) return;
    try {
        const auto bytes = line(level, event, fields);
        const std::lock_guard lock(mutex_);
        if (lost_ > 0 && hasRoom() &&
            put(line(core::LogLevel::warning, "log_lines_lost", {{"count", lost_}})))
            lost_ = 0;
        if (!hasRoom() || !put(bytes)) ++lost_;
    } catch (...) {
        // Out of memory, or a broken mutex: there is nobody left to tell, and the work must go on.
    }
}

std::string LineLogger::line(core::LogLevel level, std::string_view event,
                             std::initializer_list<core::LogField> fields) const {
    auto bytes = formatLine(target_.form, {clock_.today(), level, event, node_}, fields);
    if (target_.priorityPrefix) bytes.insert(0, fmt::format("<{}>", syslogPriority(level)));
    return bytes;
}

bool LineLogger::hasRoom() const {
    pollfd wanted{target_.descriptor, POLLOUT, 0};
    const auto wait = lost_ > 0 ? 0 : static_cast<int>(kLongestWait.count());
    // A signal ends the waiting early; then the line counts as lost rather than being waited for again.
    return poll(&wanted, 1, wait) == 1 && (wanted.revents & POLLOUT) != 0;
}

bool LineLogger::put(const std::string& bytes) {
    std::size_t written = 0;
    while (written < bytes.size()) {
        const auto count = ::write(target_.descriptor, bytes.data() + written, bytes.size() - written);
        if (count > 0) {
            written += static_cast<std::size_t>(count);
        } else if (count < 0 && (errno == EINTR || (errno == EAGAIN && written > 0 && hasRoom()))) {
            continue; // EAGAIN: somebody else made the descriptor non-blocking; finish the line that was begun
        } else {
            return false;
        }
    }
    return true;
}

} // namespace outboxd::log
