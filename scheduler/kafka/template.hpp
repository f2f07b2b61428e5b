// Text with placeholders for what an event holds: "{aggregateType}-{type}". Read once, filled in for each event. Two
// braces stand for one.
#pragma once

#include "scheduler/outbox_record.hpp"

#include <string_view>
#include <variant>
#include <vector>

namespace outboxd::scheduler::kafka {

enum class Placeholder { aggregate_type, aggregate_id, order_key, type, event_id };

// "{aggregateType}"
std::string_view name(Placeholder placeholder);

class Template {
public:
    struct Mistake {
        std::string what; // one sentence, with what to write instead
    };
    static std::variant<Template, Mistake> parse(std::string_view text);

    // Appends the text of this event.
    void render(const OutboxRecord& record, std::string& out) const;

    std::vector<Placeholder> placeholders() const;
    std::string literals() const; // all that is no placeholder

private:
    struct Part {
        std::string literal; // before the placeholder
        std::optional<Placeholder> placeholder;
    };
    std::vector<Part> parts_;
};

} // namespace outboxd::scheduler::kafka
