// The headers that a writer gave an event, as outbox_event holds them: a JSON object of strings.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outboxd::scheduler::kafka {

// Reads into memory that it keeps from one event to the next.
class EventHeaders {
public:
    // Returns what is wrong, in one sentence, or nothing.
    std::string read(std::string_view json);

    // In the order of the text, names are different. Valid until the next read().
    const std::vector<std::pair<std::string_view, std::string_view>>& all() const { return headers_; }

    // Null if there is none of this name.
    const std::string_view* find(std::string_view name) const;

private:
    std::string buffer_; // the text, in which the strings are unescaped
    std::vector<std::pair<std::string_view, std::string_view>> headers_;
};

} // namespace outboxd::scheduler::kafka
