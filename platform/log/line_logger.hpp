// The daemon's logger: one write(2) for each line, to a terminal, a pipe, a file or systemd's journal.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/core/logger.hpp"
#include "platform/log/line.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace outboxd::log {

// Where lines go and how they look.
struct Target {
    int descriptor = 2; // not owned
    Form form = Form::json;
    // A "<4>" in front of each line, which the journal takes off again and keeps as the entry's priority.
    bool priorityPrefix = false;
};

enum class FormChoice { automatic, json, text }; // log.format

// What the process's environment says about its output.
struct Surroundings {
    std::string journalStream; // $JOURNAL_STREAM: "device:inode" of the journal's socket
    std::string terminal;      // $TERM
    bool noColour = false;     // $NO_COLOR is set and not empty
};

// `automatic`: text on a terminal, coloured unless NO_COLOR or TERM=dumb; JSON everywhere else. The priority
// prefix is used where the descriptor really is the journal's, not merely in a process started by systemd.
Target chooseTarget(int descriptor, FormChoice choice, const Surroundings& surroundings);

// Thread-safe: lines never mix. Does not throw. If the reader of a pipe stalls, a line waits at most
// kLongestWait for room; it and those that follow are then dropped without waiting until there is room again,
// and a line "log_lines_lost" says how many. (Only a line over PIPE_BUF, 4 KiB, may block in write(2)
// itself.) The descriptor must stay open as long as this.
class LineLogger final : public core::Logger {
public:
    static constexpr std::chrono::milliseconds kLongestWait{100};

    LineLogger(Target target, std::string node, core::LogLevel level, const core::Clock& clock);

    bool enabled(core::LogLevel level) const override {
        return level >= level_.load(std::memory_order_relaxed);
    }
    void write(core::LogLevel level, std::string_view event,
               std::initializer_list<core::LogField> fields) override;

    // Takes effect for the next line, on every thread.
    void setLevel(core::LogLevel level) { level_.store(level, std::memory_order_relaxed); }

private:
    std::string line(core::LogLevel level, std::string_view event,
                     std::initializer_list<core::LogField> fields) const;
    bool hasRoom() const;               // mutex_ held
    bool put(const std::string& bytes); // mutex_ held

    const Target target_;
    const std::string node_;
    const core::Clock& clock_;
    std::atomic<core::LogLevel> level_;
    std::mutex mutex_;
    std::int64_t lost_ = 0; // guarded by mutex_
};

} // namespace outboxd::log
